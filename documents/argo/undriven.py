"""What a Rollout asks for and no driver here does, each with what to do instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from automation.core.refusal import Problem
from automation.core.rollout import CanarySteps, Rollout, Routing
from automation.core.runs.metric import Plan
from automation.core.spec import Canary
from automation.core.strategies.registry import strategy_of
from gateways.gateway import Gateway

_ROUTING = "spec.strategy.canary.trafficRouting"
_UNDRIVEN_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "nginx": ("annotationPrefix", "additionalIngressAnnotations", "canaryIngressAnnotations"),
    "gatewayapi:v1": ("httpRouteSelector", "grpcRoute", "grpcRoutes", "tcpRoute", "tcpRoutes", "tlsRoutes"),
}
"""What a gateway may be told beside the names of its objects."""
_REFERENCE = re.compile(r"\{\{\s*args\.([^}\s]+)\s*\}\}")


def undriven(rollout: Rollout) -> Iterator[Problem]:
    """What a Rollout asks for and no driver here does, each with what to do instead."""
    if rollout.workload:
        named = f"{rollout.workload.kind} {rollout.workload.name}.{rollout.namespace}"
        yield Problem("spec.workloadRef", f"{named} is not there, so there are no pods to borrow", "apply it")
    if isinstance(rollout.strategy, CanarySteps) and rollout.strategy.routing is not None:
        for routed in rollout.strategy.routing.all:
            yield from _unrouted(rollout, routed)


def beyond(canary: Canary, gateway: Gateway) -> Iterator[Problem]:
    """Steps that the gateway can't make."""
    fields = {"managed": "setHeaderRoute or setMirrorRoute"}
    for need in sorted(strategy_of(canary.analysis).needs(canary.analysis) - gateway.carries):
        told = f"{fields.get(need, need)} is not driven yet with this gateway"
        yield Problem("spec.strategy.canary.steps", told, "leave the step out")


def unasked(plan: Plan) -> Iterator[Problem]:
    """Arguments that nobody fills in: their fields are not there."""
    for metric in plan.metrics:
        for name in _REFERENCE.findall(str(metric.settings)):
            if name not in metric.secrets:
                told = f"{{{{args.{name}}}}} has no value: the Rollout has no such field"
                yield Problem(f"metric {metric.name}", told, "mend its fieldPath, or give it a value")


def _unrouted(rollout: Rollout, routed: Routing) -> Iterator[Problem]:
    for field in _UNDRIVEN_SETTINGS.get(routed.provider, ()):
        if routed.settings.get(field):
            yield Problem(f"{_ROUTING}: {field}", "is not driven yet", "leave it out")
    if routed.settings.get("namespace", rollout.namespace) != rollout.namespace:
        told = f"is {routed.settings['namespace']}, and the Rollout is in {rollout.namespace}"
        yield Problem(f"{_ROUTING}: namespace", told, "let the route be in the Rollout's own namespace")
