"""Gloo: a RouteTable named after the apex, to which the user's own route delegates, and an Upstream for each of the two
Services behind it.

The Canary alone says everything: the route that delegates, and says the paths, is never read.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways import envoy_clusters
from gateways.alone import Alone, of_the_apex
from gateways.backends import carried_by_rules
from gateways.chosen import by_labels, rules_of
from gateways.gateway import Carried, Gateway, Marks

ROUTE_TABLE = Kind("/apis/gateway.solo.io/v1", "routetables", "RouteTable")
UPSTREAM = Kind("/apis/gloo.solo.io/v1", "upstreams", "Upstream")

_CLUSTERS: Mapping[str, str] = {
    "canary": "{{ namespace }}-{{ service }}-canaryupstream-[0-9]+_{{ namespace }}",
    "route": "{{ namespace }}-{{ service }}-(primary|canary)upstream-[0-9]+_{{ namespace }}",
}
"""Envoy's name of an Upstream: its own, and its namespace."""


class Gloo(Alone):
    """Gloo by its RouteTables."""

    provider = "gloo"
    kind = ROUTE_TABLE
    companions = (UPSTREAM,)
    ruled = ("f:spec", "f:routes")
    carries = frozenset({"weights", "match"})

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return (*by_labels(canary, "Gloo"), *_ways(canary))

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.unable(canary):
            raise Refused(problems)
        return of_the_apex(ROUTE_TABLE, canary, marks, {"routes": list(_routes(canary, traffic))})

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        return tuple(_upstream(canary, role, marks) for role in ("primary", "canary"))

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        services = {_upstream_name(canary, role): f"{canary.apex}-{role}" for role in ("primary", "canary")}
        rules = (_shares(rule) for rule in (route.get("spec") or {}).get("routes") or ())
        named = ({services.get(name, name): weight for name, weight in rule.items()} for rule in rules)
        return carried_by_rules(canary, named)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Routes that lead to primary alone are for requests that are not chosen: they stay as they are."""
        changed, weights = copy.deepcopy(route), _weights(canary, traffic)
        for rule in changed["spec"].get("routes") or ():
            if _shares(rule).keys() >= weights.keys():
                for one in _destinations(rule):
                    one["weight"] = weights.get(_upstream_of(one), one.get("weight", 0))
        return changed

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """Gloo's Envoy counts the answers of each Upstream by itself; scope `route` takes primary's, too."""
        return envoy_clusters.query(check.name, _CLUSTERS[check.scope])


GLOO: Gateway = Gloo()


def _routes(canary: Canary, traffic: Traffic) -> Iterator[Manifest]:
    """Chosen requests first, then everybody. The paths are those of the route that delegates here."""
    weights = _weights(canary, traffic)
    if not traffic.match:
        yield _route(canary, {}, weights)
        return
    for rule in rules_of(traffic.match):
        yield _route(canary, {"matchers": [_matcher(rule)]}, weights)
    yield _route(canary, {}, {_upstream_name(canary, "primary"): 100})


def _route(canary: Canary, chosen: Manifest, weights: Mapping[str, int]) -> Manifest:
    destinations = [
        {"destination": {"upstream": {"name": name, "namespace": canary.namespace}}, "weight": weight}
        for name, weight in weights.items()
    ]
    return {
        "inheritablePathMatchers": True,
        **chosen,
        "routeAction": {"multi": {"destinations": destinations}},
    }


def _matcher(rule: Mapping[str, Any]) -> Manifest:
    """What a request has to fulfil, all of it."""
    found: Manifest = {}
    for field, name in (("headers", "headers"), ("queryParams", "queryParameters")):
        if compared := [_compared(one, said) for one, said in sorted((rule.get(field) or {}).items())]:
            found[name] = compared
    return found


def _compared(name: str, said: Mapping[str, str]) -> Manifest:
    if "regex" in said:
        return {"name": name, "value": said["regex"], "regex": True}
    return {"name": name, "value": said["exact"]}


def _ways(canary: Canary) -> Iterator[Problem]:
    for index, rule in enumerate(rules_of(canary.analysis.match)):
        for field in ("headers", "queryParams"):
            for name, said in (rule.get(field) or {}).items():
                for way in said.keys() - {"exact", "regex"}:
                    yield Problem(
                        f"spec.analysis.match[{index}].{field}.{name}.{way}",
                        f"Gloo can't compare by {way}",
                        "write exact or regex",
                    )


def _upstream(canary: Canary, role: str, marks: Marks) -> Manifest:
    service = {
        "serviceName": f"{canary.apex}-{role}",
        "serviceNamespace": canary.namespace,
        "servicePort": canary.service.port,
    }
    return {
        "apiVersion": UPSTREAM.api_version,
        "kind": UPSTREAM.kind,
        "metadata": {
            "name": _upstream_name(canary, role),
            "namespace": canary.namespace,
            "ownerReferences": [marks.owner],
            **({"annotations": dict(marks.annotations)} if marks.annotations else {}),
        },
        "spec": {"kube": service},
    }


def _upstream_name(canary: Canary, role: str) -> str:
    """Flagger's name, by which its dashboards find the series."""
    return f"{canary.namespace}-{canary.apex}-{role}upstream-{canary.service.port}"


def _weights(canary: Canary, traffic: Traffic) -> dict[str, int]:
    return {
        _upstream_name(canary, "primary"): traffic.primary,
        _upstream_name(canary, "canary"): traffic.canary,
    }


def _destinations(rule: Manifest) -> list[Manifest]:
    return ((rule.get("routeAction") or {}).get("multi") or {}).get("destinations") or []


def _upstream_of(destination: Manifest) -> str:
    return str(((destination.get("destination") or {}).get("upstream") or {}).get("name"))


def _shares(rule: Manifest) -> dict[str, int]:
    return {_upstream_of(one): int(one.get("weight") or 0) for one in _destinations(rule)}
