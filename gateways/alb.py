"""The AWS Load Balancer Controller: an annotation of people's Ingress says how the requests for a Service are shared.

The Ingress leads to that Service by a port called `use-annotation`; it is patched, never owned.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways import ingress
from gateways.alone import OfRollouts
from gateways.gateway import Carried, Gateway, Marks, Source
from gateways.in_place import ROUTING, patch_of
from gateways.ingress import INGRESS

PREFIX = "alb.ingress.kubernetes.io"


class Alb(OfRollouts):
    """Forward actions to two target groups, each by the Service that it is made of."""

    provider = "alb"
    source = Source(ROUTING, INGRESS, Problem(ROUTING, "names no Ingress", "name it"), ingress.SHAPE)
    kind = INGRESS
    ruled = ("f:metadata", "f:annotations")
    carries = frozenset({"weights"})
    says = ("rootService", "servicePort", "annotationPrefix", "stickinessConfig")

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
        return self.with_traffic(canary, patch_of(INGRESS, self.route_name(canary), canary, marks), traffic)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        said = (route["metadata"].get("annotations") or {}).get(_action_name(canary), "")
        weights = weights_in(said)
        weight = weights.get(canary.canary_service, 0)
        traffic = Traffic(weight if 0 <= weight <= 100 else 0)
        return Carried(traffic, said == _action(canary, traffic))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Its rules are people's: of these nothing is written."""
        changed = {name: copy.deepcopy(value) for name, value in route.items() if name != "spec"}
        annotations = changed["metadata"].get("annotations") or {}
        changed["metadata"]["annotations"] = {**annotations, _action_name(canary): _action(canary, traffic)}
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


def _action_name(canary: Canary) -> str:
    return f"{canary.service.routing.get('annotationPrefix') or PREFIX}/actions.{_root(canary)}"


def _action(canary: Canary, traffic: Traffic) -> str:
    """As Argo writes it, the canary first."""
    said, port = canary.service.routing, str(canary.service.routing["servicePort"])
    shares = {canary.canary_service: traffic.canary, canary.primary_service: traffic.primary}
    groups = [
        {"ServiceName": service, "ServicePort": port, "Weight": weight} for service, weight in shares.items()
    ]
    forward: dict[str, Any] = {"TargetGroups": groups}
    sticky = said.get("stickinessConfig") or {}
    if sticky.get("enabled"):
        seconds = sticky["durationSeconds"]
        forward["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": seconds}
    return json.dumps({"Type": "forward", "ForwardConfig": forward}, separators=(",", ":"))
