"""Traefik: a TraefikService named after the apex, to which the user's IngressRoute leads.

The Canary alone says everything: the IngressRoute is never read.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from automation.core.kinds import Kind, Manifest
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways.alone import Alone, of_the_apex
from gateways.backends import weights_of
from gateways.counted import counted
from gateways.gateway import Carried, Gateway, Marks

TRAEFIK_SERVICE = Kind("/apis/traefik.io/v1alpha1", "traefikservices", "TraefikService")

_QUERIES: Mapping[str, str] = {
    **counted('traefik_service_request_duration_seconds_bucket{SERIESGOOD,le="+Inf"}', ',code!~"5.."'),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate("
        "traefik_service_request_duration_seconds_bucket{SERIES}[{{ interval }}])) by (le)) * 1000"
    ),
}
_SERIES: Mapping[str, str] = {
    "canary": 'service=~"{{ namespace }}-{{ service }}-canary-[0-9a-zA-Z-]+@kubernetescrd"',
    "route": 'service=~"{{ namespace }}-{{ service }}-(primary|canary)-[0-9a-zA-Z-]+@kubernetescrd"',
}


class Traefik(Alone):
    """Traefik by its TraefikServices."""

    provider = "traefik"
    kind = TRAEFIK_SERVICE
    ruled = ("f:spec", "f:weighted")
    carries = frozenset({"weights", "mirror"})

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        return of_the_apex(TRAEFIK_SERVICE, canary, marks, _spec(canary, traffic))

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        """The share that Traefik makes of the weights, whatever they sum to."""
        spec = route.get("spec") or {}
        services = (spec.get("weighted") or {}).get("services") or ()
        weights = {str(one.get("name")): int(one.get("weight") or 0) for one in services}
        share = weights.get(canary.canary_service, 0)
        traffic = Traffic(round(100 * share / sum(weights.values())) if share > 0 else 0)
        mirrored = (spec.get("mirroring") or {}).get("name") == canary.primary_service
        return Carried(traffic, weights == _weights(canary, traffic) or (mirrored and not weights))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed = copy.deepcopy(route)
        others = {
            name: value for name, value in changed["spec"].items() if name not in ("weighted", "mirroring")
        }
        return {**changed, "spec": {**others, **_spec(canary, traffic)}}

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """Traefik counts the answers of each Service by itself; scope `route` takes primary's, too."""
        return _QUERIES[check.name].replace("SERIES", _SERIES[check.scope])


TRAEFIK: Gateway = Traefik()


def _spec(canary: Canary, traffic: Traffic) -> Manifest:
    """Weights, or a mirror: nobody meets the canary while it answers copies."""
    if traffic.mirror and not traffic.canary:
        mirror = {**_service(canary, "canary"), "percent": traffic.mirror}
        return {"mirroring": {**_service(canary, "primary"), "mirrors": [mirror]}}
    weights = _weights(canary, traffic)
    roles = [role for role in ("primary", "canary") if f"{canary.apex}-{role}" in weights]
    services = [{**_service(canary, role), "weight": weights[f"{canary.apex}-{role}"]} for role in roles]
    return {"weighted": {"services": services}}


def _service(canary: Canary, role: str) -> Manifest:
    return {"name": f"{canary.apex}-{role}", "port": canary.service.port}


def _weights(canary: Canary, traffic: Traffic) -> dict[str, int]:
    """Without the canary where it gets nothing: Traefik drops the whole TraefikService for one Service without pods."""
    weights = weights_of(canary, traffic)
    return {name: weight for name, weight in weights.items() if weight or name == canary.primary_service}
