"""Linkerd and Open Service Mesh: a TrafficSplit named after the apex, which shares the requests to that Service.

The Canary alone says everything. The mesh has to be told that the two Services behind the apex are the application's.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from automation.core.kinds import Kind, Manifest
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways.alone import Alone, OfRollouts, of_the_apex
from gateways.backends import carried_by_rules, weights_of
from gateways.counted import counted
from gateways.gateway import Carried, Gateway, Marks

TRAFFIC_SPLIT = Kind("/apis/split.smi-spec.io/v1alpha2", "trafficsplits", "TrafficSplit")

_LINKERD = 'namespace="{{ namespace }}",deployment=~"{{ target }}",direction="inbound"'
_OSM = 'destination_namespace="{{ namespace }}",destination_kind="Deployment",destination_name="{{ target }}"'
_QUERIES: Mapping[str, Mapping[str, str]] = {
    "linkerd": {
        **counted(f"response_total{{{_LINKERD}GOOD}}", ',classification!="failure"'),
        "request-duration": (
            "histogram_quantile(0.99, sum(rate("
            f"response_latency_ms_bucket{{{_LINKERD}}}[{{{{ interval }}}}])) by (le))"
        ),
    },
    "osm": {
        **counted(f"osm_request_total{{{_OSM}GOOD}}", ',response_code!~"5.*"'),
        "request-duration": (
            "histogram_quantile(0.99, sum(rate("
            f"osm_request_duration_ms_bucket{{{_OSM}}}[{{{{ interval }}}}])) by (le))"
        ),
    },
}
"""By provider and name of the check."""


class _Splitting:
    """What all of these have in common."""

    kind = TRAFFIC_SPLIT
    ruled = ("f:spec", "f:backends")
    carries = frozenset({"weights"})

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return carried_by_rules(canary, [_shares(route)])

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed, weights = copy.deepcopy(route), weights_of(canary, traffic)
        for backend in changed["spec"].get("backends") or ():
            backend["weight"] = weights.get(str(backend.get("service")), backend.get("weight", 0))
        return changed


class Split(_Splitting, Alone):
    """A mesh that obeys SMI's TrafficSplits."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        return of_the_apex(TRAFFIC_SPLIT, canary, marks, _spec(canary, canary.apex, traffic))

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """The mesh counts where the answers are given, in the canary's own pods."""
        return _QUERIES[self.provider][check.name]


class SplitOfRollouts(_Splitting, OfRollouts):
    """Any mesh that does so, as Rollouts have it: they may name the split, and the Service whose requests it shares."""

    provider = "smi"
    says = ("rootService", "trafficSplitName")

    def route_name(self, canary: Canary) -> str:
        return str(canary.service.routing.get("trafficSplitName") or canary.name)

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        root = str(canary.service.routing.get("rootService") or canary.apex)
        made = of_the_apex(TRAFFIC_SPLIT, canary, marks, _spec(canary, root, traffic))
        return {**made, "metadata": {**made["metadata"], "name": self.route_name(canary)}}


TRAFFIC_SPLITS: tuple[Gateway, ...] = (Split("linkerd"), Split("osm"))
SMI: Gateway = SplitOfRollouts()


def _spec(canary: Canary, root: str, traffic: Traffic) -> Manifest:
    backends = [{"service": name, "weight": weight} for name, weight in weights_of(canary, traffic).items()]
    return {"service": root, "backends": backends}


def _shares(route: Manifest) -> dict[str, int]:
    backends = (route.get("spec") or {}).get("backends") or ()
    return {str(backend.get("service")): int(backend.get("weight") or 0) for backend in backends}
