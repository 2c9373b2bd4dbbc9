"""The AWS Load Balancer Controller: an annotation of people's Ingress says how the requests for a Service are shared.

The Ingress leads to that Service by a port called `use-annotation`; it is patched, never owned. Routes that steps make
for headers are paths before its own, with an action and a condition each.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from automation.core.steps import SetHeaderRoute
from automation.core.traffic import Traffic
from gateways import ingress
from gateways.alone import OfRollouts
from gateways.gateway import Carried, Gateway, Marks, Source
from gateways.in_place import ROUTING, patch_of
from gateways.ingress import INGRESS
from gateways.managed_routes import managed_in

PREFIX = "alb.ingress.kubernetes.io"
_STEPS = "spec.strategy.canary.steps"


class Alb(OfRollouts):
    """Forward actions to two target groups, each by the Service that it is made of."""

    provider = "alb"
    source = Source(ROUTING, INGRESS, Problem(ROUTING, "names no Ingress", "name it"), ingress.SHAPE)
    kind = INGRESS
    ruled = ("f:metadata", "f:annotations")
    carries = frozenset({"weights", "managed"})
    says = ("rootService", "servicePort", "annotationPrefix", "stickinessConfig")

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        """A load balancer compares headers with texts in which a star stands for anything."""
        told = "compares by regex, which a load balancer can't"
        stepwise = canary.analysis.stepwise
        return tuple(
            Problem(f"{_STEPS}[{index}].setHeaderRoute", told, "write exact, or prefix")
            for index, step in enumerate(stepwise.steps if stepwise else ())
            if isinstance(step, SetHeaderRoute)
            and any("regex" in found for _, found in _headers(map(json.loads, step.match)))
        )

    def route_name(self, canary: Canary) -> str:
        return canary.route.name if canary.route else canary.apex

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        name = f"{INGRESS.kind} {self.route_name(canary)}.{canary.namespace}"
        if source is None:
            return (Problem(ROUTING, f"{name} not found", "apply it"),)
        root = _root(canary)
        if root in ingress.services(source):
            return ()
        remedy = f"name {root} as a path's backend, with the port use-annotation"
        return (Problem(ROUTING, f"{name} has no rule that leads to {root}", remedy),)

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        made = patch_of(INGRESS, self.route_name(canary), canary, marks)
        return self.with_traffic(canary, {**made, "spec": source["spec"]}, traffic)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        name = f"{_prefix(canary)}/actions.{_root(canary)}"
        said = (route["metadata"].get("annotations") or {}).get(name, "")
        weights = weights_in(said)
        weight = weights.get(canary.canary_service, 0)
        traffic = Traffic(weight if 0 <= weight <= 100 else 0)
        return Carried(traffic, said == _action(canary, traffic))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Its rules are people's: of these nothing is written, unless steps make routes that stand before them."""
        changed = {name: copy.deepcopy(value) for name, value in route.items() if name != "spec"}
        own, prefix = canary.analysis.stepwise.managed if canary.analysis.stepwise else (), _prefix(canary)
        named = {f"{prefix}/{what}.{name}" for what in ("actions", "conditions") for name in own}
        annotations = changed["metadata"].get("annotations") or {}
        changed["metadata"]["annotations"] = {
            **{name: text for name, text in annotations.items() if name not in named},
            f"{prefix}/actions.{_root(canary)}": _action(canary, traffic),
            **dict(_managed(canary, traffic)),
        }
        if own and route.get("spec"):
            beside = [_path(one.name) for one in managed_in(traffic)]
            changed["spec"] = {
                "rules": [_with_paths(rule, beside, own) for rule in route["spec"].get("rules") or ()]
            }
        return changed


ALB: Gateway = Alb()


def weights_in(action: str) -> dict[str, int]:
    """The weight of each Service in a forward action; none in what is no such thing."""
    try:
        groups = json.loads(action)["ForwardConfig"]["TargetGroups"]
        return {str(one["ServiceName"]): int(one["Weight"]) for one in groups}
    except (ValueError, KeyError, TypeError):
        return {}


def _root(canary: Canary) -> str:
    """The Service that the Ingress leads to, and by which the action is called."""
    return str(canary.service.routing.get("rootService") or canary.apex)


def _prefix(canary: Canary) -> str:
    return str(canary.service.routing.get("annotationPrefix") or PREFIX)


def _action(canary: Canary, traffic: Traffic) -> str:
    """As Argo writes it, the canary first."""
    more: dict[str, Any] = {}
    sticky = canary.service.routing.get("stickinessConfig") or {}
    if sticky.get("enabled"):
        seconds = sticky["durationSeconds"]
        more["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": seconds}
    shares = {canary.canary_service: traffic.canary, canary.primary_service: traffic.primary}
    return _forward(canary, shares, more)


def _forward(canary: Canary, shares: Mapping[str, int], more: Mapping[str, Any]) -> str:
    port = str(canary.service.routing["servicePort"])
    groups = [
        {"ServiceName": service, "ServicePort": port, "Weight": weight} for service, weight in shares.items()
    ]
    return _compact({"Type": "forward", "ForwardConfig": {"TargetGroups": groups, **more}})


def _managed(canary: Canary, traffic: Traffic) -> Iterator[tuple[str, str]]:
    """The action of each route that steps make, and the headers that it asks for."""
    for route in managed_in(traffic):
        yield f"{_prefix(canary)}/actions.{route.name}", _forward(canary, {canary.canary_service: 100}, {})
        conditions = [
            {
                "field": "http-header",
                "httpHeaderConfig": {"httpHeaderName": header, "values": [_pattern(found)]},
            }
            for header, found in _headers(route.match)
        ]
        yield f"{_prefix(canary)}/conditions.{route.name}", _compact(conditions)


def _headers(match: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for rule in match:
        yield from (rule.get("headers") or {}).items()


def _pattern(found: Mapping[str, str]) -> str:
    return found["exact"] if "exact" in found else f"{found['prefix']}*"


def _path(action: str) -> Manifest:
    backend = {"service": {"name": action, "port": {"name": "use-annotation"}}}
    return {"path": "/*", "pathType": "ImplementationSpecific", "backend": backend}


def _with_paths(rule: Manifest, beside: list[Manifest], own: Iterable[str]) -> Manifest:
    """A rule of people's with these paths before its own, and without those that were made before."""
    http = rule.get("http") or {}
    kept = [path for path in ingress.paths(rule) if _service(path) not in own]
    return {**copy.deepcopy(rule), "http": {**copy.deepcopy(http), "paths": copy.deepcopy([*beside, *kept])}}


def _service(path: Manifest) -> str:
    return str(((path.get("backend") or {}).get("service") or {}).get("name"))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
