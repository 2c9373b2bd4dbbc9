"""What a Rollout needs of the Services that it names: that they select its pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automation.core.refusal import Problem
from automation.core.rollout import BlueGreen, CanarySteps, Rollout


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


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _name(document: Mapping[str, Any]) -> str:
    return str(_object(document, "metadata").get("name"))
