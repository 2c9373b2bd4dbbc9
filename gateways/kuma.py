"""Kuma: a MeshHTTPRoute named after the apex, which shares the requests that the mesh sends to that Service.

The Canary alone says everything; its annotation `kuma.io/mesh` names the mesh, as in Flagger. Flagger writes a
TrafficRoute, which belongs to no namespace, so that two applications of one name share it, and which Kuma has given up
for this kind since. The ports of all three Services need the protocol http (`spec.service.appProtocol`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import TEXT, Items, Named, fields, flaws
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways import envoy_clusters
from gateways.alone import Alone, of_the_apex
from gateways.backends import carried_by_rules, weights_of
from gateways.chosen import by_labels
from gateways.gateway import Carried, Gateway, Marks
from gateways.http_route import PATHS, rules_for

MESH_HTTP_ROUTE = Kind("/apis/kuma.io/v1alpha1", "meshhttproutes", "MeshHTTPRoute")
MESH = "kuma.io/mesh"
_SHAPE = fields(match=Items(fields(uri=Named(TEXT))))
_CLUSTERS: Mapping[str, str] = {
    "canary": "{{ service }}-canary_{{ namespace }}_svc_[0-9a-zA-Z-]+",
    "route": "{{ service }}-(primary|canary)_{{ namespace }}_svc_[0-9a-zA-Z-]+",
}


class Kuma(Alone):
    """Kuma by its MeshHTTPRoutes."""

    provider = "kuma"
    kind = MESH_HTTP_ROUTE
    ruled = ("f:spec", "f:to")
    carries = frozenset({"weights", "match"})
    says = ("match",)

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        found = list(flaws(canary.service.routing, _SHAPE, "spec.service"))
        return tuple(found or (*_beyond_paths(canary), *by_labels(canary, "Kuma")))

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.unable(canary):
            raise Refused(problems)
        to = {"targetRef": _mesh_service(canary, canary.apex), "rules": list(_rules(canary, traffic))}
        made = of_the_apex(MESH_HTTP_ROUTE, canary, marks, {"to": [to]})
        made["metadata"]["labels"][MESH] = canary.annotations.get(MESH, "default")
        return made

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return carried_by_rules(canary, map(_shares, _written(route)))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Rules that lead to primary alone are for requests that are not chosen: they stay as they are."""
        changed, weights = copy.deepcopy(route), weights_of(canary, traffic)
        for rule in _written(changed):
            if _shares(rule).keys() >= weights.keys():
                for backend in _backends(rule):
                    backend["weight"] = weights.get(_service_of(backend), backend.get("weight", 0))
        return changed

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """Kuma's Envoys count the answers of each Service by itself; scope `route` takes primary's, too."""
        return envoy_clusters.query(check.name, _CLUSTERS[check.scope], "service")


KUMA: Gateway = Kuma()


def _rules(canary: Canary, traffic: Traffic) -> Iterator[Manifest]:
    """Those of Gateway API, whose matches are written alike."""
    for rule in rules_for(canary, traffic):
        backends = [
            {**_mesh_service(canary, backend["name"]), "weight": backend["weight"]}
            for backend in rule["backendRefs"]
        ]
        yield {"matches": rule["matches"], "default": {"backendRefs": backends}}


def _mesh_service(canary: Canary, name: str) -> Manifest:
    return {"kind": "MeshService", "name": f"{name}_{canary.namespace}_svc_{canary.service.port}"}


def _written(route: Manifest) -> Iterator[Manifest]:
    for to in (route.get("spec") or {}).get("to") or ():
        yield from to.get("rules") or ()


def _backends(rule: Manifest) -> list[Manifest]:
    return (rule.get("default") or {}).get("backendRefs") or []


def _service_of(backend: Manifest) -> str:
    """No name of a Service has an underscore."""
    return str(backend.get("name")).partition("_")[0]


def _shares(rule: Manifest) -> dict[str, int]:
    return {_service_of(one): int(one.get("weight") or 0) for one in _backends(rule)}


def _beyond_paths(canary: Canary) -> Iterator[Problem]:
    for index, match in enumerate(canary.service.routing.get("match") or ()):
        wrong: list[tuple[str, Any]] = [(field, field) for field in match if field != "uri"]
        wrong += [(f"uri.{way}", way) for way in match.get("uri") or () if way not in PATHS]
        for field, what in wrong:
            told = f"Kuma can't tell the requests of a release by {what}"
            yield Problem(f"spec.service.match[{index}].{field}", told, "match a uri")
