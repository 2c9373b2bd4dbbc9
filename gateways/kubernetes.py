"""Plain Kubernetes: Blue/Green where no gateway shares traffic. Users are on primary all the time.

The canary is reached by its own Service only, for as long as it is checked, and primary is updated in place. Nothing
leads anybody anywhere, so the generated route is a Service without pods: it says which attempt is in force.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import UNMANAGED_BY_FLUX
from automation.core.refusal import Problem
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from gateways.gateway import Carried, Gateway, Marks

_SERIES = (
    'kubernetes_namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
)
# A canary that fails every request has no series of good ones: that is a success rate of 0, not a missing one.
_QUERIES: Mapping[str, str] = {
    "request-success-rate": (
        f'(sum(rate(http_request_duration_seconds_count{{{_SERIES},status!~"5.*"}}[{{{{ interval }}}}])) or vector(0))'
        f" / sum(rate(http_request_duration_seconds_count{{{_SERIES}}}[{{{{ interval }}}}])) * 100"
    ),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate("
        f"http_request_duration_seconds_bucket{{{_SERIES}}}[{{{{ interval }}}}])) by (le)) * 1000"
    ),
}


class Kubernetes:
    """Nothing but Services."""

    provider = "kubernetes"
    source = None
    kind = SERVICE
    companions = ()
    ruled = ("f:spec", "f:clusterIP")
    carries: frozenset[str] = frozenset()
    says = ()

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return ()

    def route_name(self, canary: Canary) -> str:
        return f"{canary.apex}-marks"

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        return ()

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ()

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        return {
            "apiVersion": SERVICE.api_version,
            "kind": SERVICE.kind,
            "metadata": {
                "name": self.route_name(canary),
                "namespace": canary.namespace,
                "annotations": {**UNMANAGED_BY_FLUX, **marks.annotations},
                "ownerReferences": [marks.owner],
            },
            "spec": {"type": "ClusterIP", "clusterIP": "None"},
        }

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        return ()

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return Carried(ALL_ON_PRIMARY, exact=True)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        return copy.deepcopy(route)

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ()

    def reaches_service(self, canary: Canary, source: Manifest | None) -> bool:
        return False

    def query(self, check: MetricCheck, addresses: Sequence[str]) -> str:
        """The application counts its own answers, so the canary is judged by these alone in either scope."""
        return _QUERIES[check.name]


KUBERNETES: Gateway = Kubernetes()
