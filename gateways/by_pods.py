"""No gateway: a Service of people's own leads to all pods alike, so the canary's share is its share of the pods.

The generated route is a Service without pods. It says which attempt is in force and which weight that asks for; whoever
looks after the ReplicaSets goes by it.
"""

from __future__ import annotations

import copy

from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import WEIGHT
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.alone import OfRollouts, without_pods
from gateways.gateway import Carried, Gateway, Marks


class ByPods(OfRollouts):
    """Numbers of pods."""

    provider = "numbers of pods"
    kind = SERVICE
    ruled = ("f:metadata", "f:annotations", f"f:{WEIGHT}")
    carries = frozenset({"weights"})

    def route_name(self, canary: Canary) -> str:
        return f"{canary.name}-marks"

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        made = without_pods(self.route_name(canary), canary, marks)
        return self.with_traffic(canary, made, traffic)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        text = (route["metadata"].get("annotations") or {}).get(WEIGHT, "")
        known = text.isdecimal() and int(text) <= 100
        return Carried(Traffic(int(text) if known else 0), exact=known)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed = copy.deepcopy(route)
        annotations = changed["metadata"].get("annotations") or {}
        changed["metadata"]["annotations"] = {**annotations, WEIGHT: str(traffic.canary)}
        return changed


BY_PODS: Gateway = ByPods()
