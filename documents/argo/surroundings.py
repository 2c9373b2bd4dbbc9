"""What a Rollout needs of the objects that it names: Services that select its pods, and rules that can be split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automation.core.refusal import Problem
from automation.core.rollout import BlueGreen, CanarySteps, Rollout
from gateways.argo import services_by_rule

_ROUTING = "spec.strategy.canary.trafficRouting"


def services(rollout: Rollout) -> Mapping[str, str]:
    """The Services that it names, by the path of the field."""
    match rollout.strategy:
        case CanarySteps(canary_service=canary, stable_service=stable):
            named = {"canary.canaryService": canary, "canary.stableService": stable}
        case BlueGreen(active_service=active, preview_service=preview):
            named = {"blueGreen.activeService": active, "blueGreen.previewService": preview}
    return {f"spec.strategy.{field}": name for field, name in named.items() if name}


def service_problems(rollout: Rollout, field: str, service: Mapping[str, Any]) -> Iterator[Problem]:
    """Why a Service does not lead to the Rollout's pods. Where another workload lends them that is not looked at."""
    labels = _object(_object(rollout.template, "metadata"), "labels")
    for name, value in _object(_object(service, "spec"), "selector").items():
        if not rollout.workload and name != "rollouts-pod-template-hash" and labels.get(name) != value:
            told = f"Service {_name(service)} selects pods with {name}: {value}, which spec.template does not have"
            yield Problem(field, told, "add the label to the template, or take it out of the Service")


def source_problems(canary: CanarySteps, source: Mapping[str, Any]) -> Iterator[Problem]:
    """Why nothing in a source of the gateway can be split between the two Services."""
    routing = canary.routing
    if routing is None:
        return
    rules = services_by_rule(routing.kind, source)
    if not rules:
        return  # connections are split, and not requests
    for name in routing.routes:
        if name not in rules:
            known = ", ".join(filter(None, rules)) or "none"
            yield _problem(source, f"has no rule {name}", f"name one of its rules; known are: {known}")
    chosen = [backends for name, backends in rules.items() if not routing.routes or name in routing.routes]
    needed = [canary.stable_service] if routing.copied else [canary.stable_service, canary.canary_service]
    by_subset = "destinationRule" in routing.settings
    if chosen and not by_subset and not any(all(name in backends for name in needed) for backends in chosen):
        services = " and ".join(needed)
        yield _problem(source, f"has no rule that leads to {services}", "add one to the backends of a rule")


def _problem(source: Mapping[str, Any], told: str, remedy: str) -> Problem:
    return Problem(_ROUTING, f"{source['kind']} {_name(source)} {told}", remedy)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _name(document: Mapping[str, Any]) -> str:
    return str(_object(document, "metadata").get("name"))
