"""Plain Kubernetes: Blue/Green where no gateway shares traffic. Users are on primary all the time.

The canary is reached by its own Service only, for as long as it is checked, and primary is updated in place. Nothing
leads anybody anywhere, so the generated route is a Service without pods: it says which attempt is in force.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from automation.core.kinds import SERVICE, Manifest
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from gateways.alone import Alone, without_pods
from gateways.gateway import Carried, Gateway, Marks
from gateways.pod_metrics import QUERIES


class Kubernetes(Alone):
    """Nothing but Services."""

    provider = "kubernetes"
    kind = SERVICE
    ruled = ("f:spec", "f:clusterIP")
    carries: frozenset[str] = frozenset()

    def route_name(self, canary: Canary) -> str:
        return f"{canary.apex}-marks"

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        return without_pods(self.route_name(canary), canary, marks)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return Carried(ALL_ON_PRIMARY, exact=True)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        return copy.deepcopy(route)

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """The application counts its own answers, so the canary is judged by these alone in either scope."""
        return QUERIES[check.name]


KUBERNETES: Gateway = Kubernetes()
