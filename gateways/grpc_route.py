"""Gateway API for gRPC: a GRPCRoute named after the apex, in which paths are those of gRPC's services and methods.

It says less than an HTTPRoute: a uri is `/service`, or `/service/method` with `exact`, and requests are chosen by their
headers, gRPC's metadata. Clients of gRPC keep no cookies. Flagger takes the name of this provider for `gatewayapi:v1`,
and writes an HTTPRoute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.chosen import rules_of
from gateways.gateway import Gateway
from gateways.gateway_api import GatewayApi
from gateways.http_route import rules_for

GRPC_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "grpcroutes", "GRPCRoute")
_FILTERS = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror")
_WAYS = {"exact": 2, "prefix": 1}
"""How many names a uri has by which requests are compared so."""


class GrpcApi(GatewayApi):
    """Whatever implements Gateway API, by its GRPCRoutes."""

    kind = GRPC_ROUTE
    carries = frozenset({"weights", "match", "mirror"})
    says = ("gatewayRefs", "hosts", "match", "headers", "mirror")

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return super().unable(canary) or (*_beyond_names(canary), *_beyond_headers(canary))

    def rules(self, canary: Canary, traffic: Traffic) -> list[Manifest]:
        return [_of_methods(rule) for rule in rules_for(canary, traffic)]


GRPC: Gateway = GrpcApi("gatewayapi:v1:grpc")


def _of_methods(rule: Manifest) -> Manifest:
    """A rule of an HTTPRoute in the words of a GRPCRoute, which has none for every path."""
    matches = list(map(_matched, rule["matches"]))
    filters = [one for one in rule.get("filters") or () if one["type"] in _FILTERS]
    return {
        **({"matches": matches} if all(matches) else {}),
        **({"filters": filters} if filters else {}),
        "backendRefs": rule["backendRefs"],
    }


def _matched(match: Manifest) -> Manifest:
    service, _, method = str((match.get("path") or {}).get("value", "")).strip("/").partition("/")
    named = {name: text for name, text in (("service", service), ("method", method)) if text}
    return ({"method": {"type": "Exact", **named}} if named else {}) | (
        {"headers": match["headers"]} if "headers" in match else {}
    )


def _beyond_names(canary: Canary) -> Iterator[Problem]:
    for index, match in enumerate(canary.service.routing.get("match") or ()):
        path = f"spec.service.match[{index}]"
        for way, text in (match.get("uri") or {}).items():
            names = list(filter(None, str(text).split("/")))
            if way not in _WAYS or len(names) > _WAYS[way] or (way == "exact" and len(names) < _WAYS[way]):
                told = f"{text} names no service of gRPC" if way in _WAYS else f"a GRPCRoute has no {way}"
                yield Problem(f"{path}.uri.{way}", told, "write prefix: /service, or exact: /service/method")
        yield from _unknown(path, match, ("method", "queryParams"))


def _beyond_headers(canary: Canary) -> Iterator[Problem]:
    for index, rule in enumerate(rules_of(canary.analysis.match)):
        yield from _unknown(f"spec.analysis.match[{index}]", rule, ("queryParams",))


def _unknown(path: str, match: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[Problem]:
    for field in fields:
        if field in match:
            yield Problem(f"{path}.{field}", "a GRPCRoute can't tell requests by it", "match headers")
