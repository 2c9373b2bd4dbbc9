"""What is so now: live objects turned into the values that decisions rest on. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automation.cluster.watches import NamedWatches, Watches
from automation.core import revision_hash
from automation.core.kinds import (
    APISIX_ROUTE,
    AUTOSCALER,
    CANARY,
    CONFIG_MAP,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    SECRET,
    SERVICE,
    Kind,
    Manifest,
)
from automation.core.marks import ATTEMPT, REVISION
from automation.core.moments import unix_seconds
from automation.core.observation import Observation, Route, Target, Workload, WorkloadCondition
from automation.core.spec import Canary
from automation.core.status import Apex
from automation.core.traffic import Traffic
from documents.front import outline_of

SELECTOR_LABELS = ("app", "name", "app.kubernetes.io/name")
KINDS = (CANARY, DEPLOYMENT, APISIX_ROUTE, SERVICE, AUTOSCALER, ENDPOINT_SLICE)
CONFIG_KINDS: Mapping[str, Kind] = {"configmap": CONFIG_MAP, "secret": SECRET}


@dataclass(frozen=True)
class TickContext:
    """What a tick brings along: `now` in Unix seconds, an attempt id that nobody used, and driver settings."""

    now: float
    fresh_attempt: str
    scrape_interval: float
    strict: bool = False
    providers: str | None = None


class Observer:
    """Reads from the watches; what a Canary's pods are configured with is followed by name."""

    def __init__(self, watches: Watches, named: NamedWatches) -> None:
        self._watches, self._named = watches, named

    def observe(self, canary: Canary, context: TickContext) -> Observation:
        deployment = self._watches.get(DEPLOYMENT, canary.namespace, canary.target.name)
        primary = self._watches.get(DEPLOYMENT, canary.namespace, canary.primary_name)
        route = self._watches.get(APISIX_ROUTE, canary.namespace, canary.route_copy_name)
        target, problems = self._target(canary, deployment)
        apex = self._watches.get(SERVICE, canary.namespace, canary.apex)
        return Observation(
            now=context.now,
            fresh_attempt=context.fresh_attempt,
            target=target,
            primary=workload(primary) if primary else None,
            route=live_route(route, canary) if route else None,
            apex=selected(apex, target) if apex and target else None,
            scrape_interval=context.scrape_interval,
            scaler_min=self._scaler_min(canary),
            problems=(*problems, *self._route_problems(canary), *self._rivals(canary)),
            providers=context.providers,
            strict=context.strict,
        )

    def configs(self, namespace: str, template: Mapping[str, Any]) -> tuple[dict[str, Manifest], list[str]]:
        """The tracked configuration objects of a pod template by key, and sentences on required ones that miss."""
        found: dict[str, Manifest] = {}
        problems = []
        for reference in revision_hash.tracked_references(template):
            kind = CONFIG_KINDS[reference.kind]
            config = self._named.get(kind, namespace, reference.name)
            if config is not None and revision_hash.is_tracked({"kind": kind.kind, **config}):
                found[reference.key] = config
            elif config is None and not reference.optional:
                problems.append(
                    f"{kind.kind} {reference.name}.{namespace} is not there, and the target's pods need it"
                )
        return found, problems

    def _target(self, canary: Canary, deployment: Manifest | None) -> tuple[Target | None, list[str]]:
        if deployment is None:
            return None, []
        template = deployment["spec"]["template"]
        label = next(
            (key for key in SELECTOR_LABELS if key in deployment["spec"]["selector"].get("matchLabels", {})),
            "",
        )
        problems = [] if label else [_no_label(canary)]
        problems += port_problems(canary, template)
        configs, missing = self.configs(canary.namespace, template)
        checksums = {key: revision_hash.config_checksum(config) for key, config in configs.items()}
        target = Target(
            workload=workload(deployment),
            revision=revision_hash.revision_hash(template, checksums),
            configs=checksums,
            label=label,
            value=deployment["spec"]["selector"].get("matchLabels", {}).get(label, ""),
            image=template["spec"]["containers"][0].get("image", ""),
        )
        return target, problems + missing

    def _scaler_min(self, canary: Canary) -> int | None:
        if canary.autoscaler is None:
            return None
        scaler = self._watches.get(AUTOSCALER, canary.namespace, canary.autoscaler.name)
        return int(scaler["spec"].get("minReplicas") or 1) if scaler else None

    def _route_problems(self, canary: Canary) -> list[str]:
        if canary.route is None:
            return []
        source = self._watches.get(APISIX_ROUTE, canary.namespace, canary.route.name)
        if source is None:
            return [
                f'apisixroutes.apisix.apache.org "{canary.route.name}" not found (spec.routeRef.name); '
                "apply it, or name the route that leads users to the application"
            ]
        return backend_problems(canary, source)

    def _rivals(self, canary: Canary) -> list[str]:
        others = (outline_of(other) for other in self._watches.all(CANARY))
        rivals = [
            other.name
            for other in others
            if (other.namespace, other.target) == (canary.namespace, canary.target.name)
            and other.name != canary.name
        ]
        return (
            [
                f"Bad things will happen! Found more than one canary with the same target {canary.target_full_name}: "
                f"{', '.join(sorted([canary.name, *rivals]))}; delete all but one"
            ]
            if rivals
            else []
        )


def workload(deployment: Manifest) -> Workload:
    """A Deployment as the readiness rules see it."""
    status = deployment.get("status") or {}
    replicas = deployment["spec"].get("replicas")
    return Workload(
        name=deployment["metadata"]["name"],
        replicas=1 if replicas is None else int(replicas),
        running=int(status.get("replicas") or 0),
        updated=int(status.get("updatedReplicas") or 0),
        available=int(status.get("availableReplicas") or 0),
        generation=int(deployment["metadata"].get("generation") or 1),
        observed_generation=int(status.get("observedGeneration") or 0),
        conditions=tuple(_condition(condition) for condition in status.get("conditions") or ()),
        revision=(deployment["metadata"].get("annotations") or {}).get(REVISION, ""),
        image=deployment["spec"]["template"]["spec"]["containers"][0].get("image", ""),
    )


def live_route(route: Manifest, canary: Canary) -> Route:
    """The generated route as it stands in the API server."""
    weights = {
        backend.get("serviceName"): int(backend.get("weight") or 0)
        for rule in route["spec"].get("http") or ()
        for backend in rule.get("backends") or ()
    }
    weight = min(max(weights.get(f"{canary.apex}-canary", 0), 0), 100)
    owner = owner_of_rules(route)
    return Route(
        traffic=Traffic(weight),
        attempt=(route["metadata"].get("annotations") or {}).get(ATTEMPT, ""),
        differs=bool(owner) or weights.get(f"{canary.apex}-primary", 0) != 100 - weight,
        changed_by=owner,
    )


def owner_of_rules(route: Manifest) -> str:
    """The field manager that took the rules over from us; empty while they are (also) ours."""
    owners = [
        entry.get("manager", "")
        for entry in route["metadata"].get("managedFields") or ()
        if not entry.get("subresource") and "f:http" in (entry.get("fieldsV1") or {}).get("f:spec", {})
    ]
    ours = [owner for owner in owners if owner == "sluice" or owner.startswith("pulumi-kubernetes")]
    return "" if ours or not owners else owners[-1]


def selected(service: Manifest, target: Target) -> Apex | None:
    """Whom the apex Service selects."""
    value = (service["spec"].get("selector") or {}).get(target.label)
    if value == f"{target.value}-primary":
        return "primary"
    return "target" if value == target.value else None


def _condition(condition: Mapping[str, Any]) -> WorkloadCondition:
    return WorkloadCondition(
        type=condition["type"],
        status=condition["status"],
        reason=condition.get("reason", ""),
        updated_at=unix_seconds(condition.get("lastUpdateTime", "")),
    )


def _no_label(canary: Canary) -> str:
    return (
        f"deployment {canary.target_full_name} spec.selector.matchLabels must contain one of "
        f"[{' '.join(SELECTOR_LABELS)}]"
    )


def backend_problems(canary: Canary, source: Manifest) -> list[str]:
    """A source route that does not lead to the apex Service, or to a port that it does not have."""
    name = f"{source['metadata']['name']}.{canary.namespace}"
    backends = [
        backend for rule in source["spec"].get("http") or () for backend in rule.get("backends") or ()
    ]
    ours = [backend for backend in backends if backend.get("serviceName") == canary.apex]
    if not ours:
        named = ", ".join(sorted({str(backend.get("serviceName")) for backend in backends})) or "none"
        return [
            f"Can not find {canary.apex} backend on apisix route {name}; "
            f"name the Service {canary.apex} as a rule's backend (the route names: {named})"
        ]
    port = ours[0].get("servicePort")
    if port in (canary.service.port, canary.service.port_name):
        return []
    return [
        f"APISIX route {name} sends to port {port}, which the Service {canary.apex} does not have; "
        f"set servicePort to {canary.service.port}"
    ]


def port_problems(canary: Canary, template: Mapping[str, Any]) -> list[str]:
    """A target port that none of the containers has, where they say which ports they have."""
    declared: list[Mapping[str, Any]] = [
        port for container in template["spec"]["containers"] for port in container.get("ports") or ()
    ]
    wanted = canary.service.target_port
    if not declared or wanted in _ports(declared):
        return []
    return [
        f"deployment {canary.target_full_name} has no container port {wanted} (spec.service.targetPort); "
        f"it has {', '.join(str(port) for port in _ports(declared))}"
    ]


def _ports(declared: Iterable[Mapping[str, Any]]) -> list[int | str]:
    numbers: list[int | str] = [port["containerPort"] for port in declared]
    return numbers + [port["name"] for port in declared if port.get("name")]
