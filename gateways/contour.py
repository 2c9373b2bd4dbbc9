"""Contour: an HTTPProxy named after the apex, which the user's own HTTPProxy includes.

The Canary alone says everything: the HTTPProxy with the host's name is never read.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import TEXT, WHOLE, Items, Named, fields, flaws
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways import envoy_clusters
from gateways.alone import Alone, of_the_apex
from gateways.backends import carried_by_rules, weights_of
from gateways.chosen import by_labels, rules_of
from gateways.gateway import Carried, Gateway, Marks

HTTP_PROXY = Kind("/apis/projectcontour.io/v1", "httpproxies", "HTTPProxy")

_SHAPE = fields(
    match=Items(fields(uri=Named(TEXT))),
    timeout=TEXT,
    retries=fields(attempts=WHOLE, perTryTimeout=TEXT),
)
_CLUSTERS: Mapping[str, str] = {
    "canary": "{{ namespace }}_{{ service }}-canary_[0-9a-zA-Z-]+",
    "route": "{{ namespace }}_{{ service }}-(primary|canary)_[0-9a-zA-Z-]+",
}


class Contour(Alone):
    """Contour by its HTTPProxies."""

    provider = "contour"
    kind = HTTP_PROXY
    ruled = ("f:spec", "f:routes")
    carries = frozenset({"weights", "match"})
    says = ("match", "timeout", "retries")

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        found = list(flaws(canary.service.routing, _SHAPE, "spec.service"))
        return tuple(found or (*_paths(canary), *by_labels(canary, "Contour")))

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.unable(canary):
            raise Refused(problems)
        return of_the_apex(HTTP_PROXY, canary, marks, {"routes": list(_routes(canary, traffic))})

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return carried_by_rules(canary, map(_shares, (route.get("spec") or {}).get("routes") or ()))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Routes that lead to primary alone are for requests that are not chosen: they stay as they are."""
        changed, weights = copy.deepcopy(route), weights_of(canary, traffic)
        for rule in changed["spec"].get("routes") or ():
            if _shares(rule).keys() >= weights.keys():
                for service in rule["services"]:
                    service["weight"] = weights.get(service["name"], service.get("weight", 0))
        return changed

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """Contour's Envoy counts the answers of each Service by itself; scope `route` takes primary's, too."""
        return envoy_clusters.query(check.name, _CLUSTERS[check.scope])


CONTOUR: Gateway = Contour()


def _routes(canary: Canary, traffic: Traffic) -> Iterator[Manifest]:
    """Chosen requests first, a route each, then everybody."""
    weights = weights_of(canary, traffic)
    if not traffic.match:
        yield _route(canary, (), weights)
        return
    for rule in rules_of(traffic.match):
        yield _route(canary, list(_conditions(rule)), weights)
    yield _route(canary, (), {canary.primary_service: 100})


def _route(canary: Canary, conditions: Sequence[Manifest], weights: Mapping[str, int]) -> Manifest:
    said = canary.service.routing
    timeout, retries = said.get("timeout"), said.get("retries") or {}
    again = {"count": retries.get("attempts"), "perTryTimeout": retries.get("perTryTimeout")}
    return {
        "conditions": [{"prefix": _prefix(canary)}, *conditions],
        **({"timeoutPolicy": {"response": timeout, "idle": "5m"}} if timeout else {}),
        **({"retryPolicy": {name: value for name, value in again.items() if value}} if retries else {}),
        "services": [_service(canary, name, weight) for name, weight in weights.items()],
    }


def _service(canary: Canary, name: str, weight: int) -> Manifest:
    """With the header by which Linkerd, where it stands beside Contour, takes the Service that was chosen."""
    port = canary.service.port
    chosen = {"name": "l5d-dst-override", "value": f"{name}.{canary.namespace}.svc.cluster.local:{port}"}
    return {"name": name, "port": port, "weight": weight, "requestHeadersPolicy": {"set": [chosen]}}


def _prefix(canary: Canary) -> str:
    first: Mapping[str, Any] = next(iter(canary.service.routing.get("match") or ()), {})
    return str((first.get("uri") or {}).get("prefix") or "/")


def _paths(canary: Canary) -> Iterator[Problem]:
    """A route has one prefix: what else a document says of paths would be lost."""
    for index, rule in enumerate(canary.service.routing.get("match") or ()):
        path = f"spec.service.match[{index}]"
        if index:
            yield Problem(
                path, "Contour takes one path for all of a release", "leave one match, with a uri.prefix"
            )
        elif others := [way for way in rule.get("uri") or () if way != "prefix"]:
            yield Problem(
                f"{path}.uri.{others[0]}", "Contour takes paths by their prefix only", "write uri.prefix"
            )


def _conditions(rule: Mapping[str, Any]) -> Iterator[Manifest]:
    """What a request has to fulfil, all of it; a regular expression is matched with the whole text."""
    for field, condition in (("headers", "header"), ("queryParams", "queryParameter")):
        for name, said in sorted((rule.get(field) or {}).items()):
            ((way, text),) = list(said.items())[:1]
            compared = {
                "exact": {"exact": text},
                "prefix": {"regex": f"{re.escape(text)}.*"},
                "suffix": {"regex": f".*{re.escape(text)}"},
                "regex": {"regex": text},
            }[way]
            yield {condition: {"name": name, **compared}}


def _shares(rule: Manifest) -> dict[str, int]:
    return {str(one.get("name")): int(one.get("weight") or 0) for one in rule.get("services") or ()}
