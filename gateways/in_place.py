"""Routes of people's own in which a Rollout sets weights, as Argo has it: Gateway API, Istio and Traefik.

A copy could not go before such a route, as it can with other gateways. So the weights of the two Services are set in
each rule that leads to both, and nothing else of it is changed. The route is patched, never owned.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.names import NAMED
from automation.core.refusal import Problem, Refused
from automation.core.shape import fields
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.alone import OfRollouts
from gateways.gateway import Carried, Gateway, Marks, Source
from gateways.gateway_api import HTTP_ROUTE, waits
from gateways.istio import VIRTUAL_SERVICE
from gateways.traefik import TRAEFIK_SERVICE

ROUTING = "spec.strategy.canary.trafficRouting"


@dataclass(frozen=True)
class Shares:
    """Where the weights of a kind stand: the field of its spec that holds its rules, and the backends of each rule, as
    the Service of each and the object with its weight. A rule may have a name."""

    field: str
    rules: Callable[[Any], Iterator[tuple[str, list[tuple[str, Manifest]]]]]
    waits: Callable[[Manifest], str] = lambda route: ""


class InPlace(OfRollouts):
    """One kind of routes."""

    carries = frozenset({"weights"})
    says = ("routes",)

    def __init__(self, kind: Kind, shares: Shares) -> None:
        self.kind, self._shares = kind, shares
        self.provider = f"{kind.kind} in place"
        unnamed = Problem(
            ROUTING, f"names no {kind.kind}", "name the one that leads users to the application"
        )
        self.source: Source | None = Source(ROUTING, kind, unnamed, fields("metadata", metadata=NAMED))
        self.ruled = ("f:spec", f"f:{shares.field}")

    def route_name(self, canary: Canary) -> str:
        return canary.route.name if canary.route else canary.apex

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        name = f"{self.kind.kind} {self.route_name(canary)}.{canary.namespace}"
        if source is None:
            return (Problem(ROUTING, f"{name} not found", "apply it"),)
        if next(self._split(canary, source.get("spec") or {}), None) is None:
            both = f"{canary.primary_service} and {canary.canary_service}"
            told = f"{name} has no rule that leads to {both}"
            return (Problem(ROUTING, told, "add both to the backends of a rule"),)
        return ()

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        """A patch of the user's route, with all rules of it: lists of rules are written whole."""
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        made = {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {
                "name": self.route_name(canary),
                "namespace": canary.namespace,
                "annotations": dict(marks.annotations),
            },
            "spec": source["spec"],
        }
        return self.with_traffic(canary, made, traffic)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        found = [
            (stable.get("weight"), tested.get("weight"))
            for stable, tested in self._split(canary, route.get("spec") or {})
        ]
        shares = [weight for _, weight in found if isinstance(weight, int) and 0 <= weight <= 100]
        traffic = Traffic(max(shares, default=0))
        exact = bool(found) and all(pair == (traffic.primary, traffic.canary) for pair in found)
        return Carried(traffic, exact, self._shares.waits(route))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed, spec = copy.deepcopy(route), route.get("spec") or {}
        changed["spec"] = {self._shares.field: copy.deepcopy(spec.get(self._shares.field))}
        for stable, tested in self._split(canary, changed["spec"]):
            stable["weight"], tested["weight"] = traffic.primary, traffic.canary
        return changed

    def _split(self, canary: Canary, spec: Manifest) -> Iterator[tuple[Manifest, Manifest]]:
        """The backends of both Services in each rule that has them and counts."""
        named = canary.service.routing.get("routes") or ()
        for name, backends in self._shares.rules(spec.get(self._shares.field)):
            services = dict(backends)
            sides = (services.get(canary.primary_service), services.get(canary.canary_service))
            if sides[0] is not None and sides[1] is not None and (not named or name in named):
                yield sides[0], sides[1]


def _backends(rules: Any) -> Iterator[tuple[str, list[tuple[str, Manifest]]]]:
    for rule in rules or ():
        yield (
            str(rule.get("name") or ""),
            [(str(one.get("name")), one) for one in rule.get("backendRefs") or ()],
        )


def _destinations(rules: Any) -> Iterator[tuple[str, list[tuple[str, Manifest]]]]:
    """A Service may be called by its full name."""
    for rule in rules or ():
        hosts = [(str((one.get("destination") or {}).get("host")), one) for one in rule.get("route") or ()]
        yield str(rule.get("name") or ""), [(host.partition(".")[0], one) for host, one in hosts]


def _weighted(weighted: Any) -> Iterator[tuple[str, list[tuple[str, Manifest]]]]:
    yield "", [(str(one.get("name")), one) for one in (weighted or {}).get("services") or ()]


IN_PLACE: Mapping[str, Gateway] = {
    "gatewayapi:v1": InPlace(HTTP_ROUTE, Shares("rules", _backends, waits)),
    "istio": InPlace(VIRTUAL_SERVICE, Shares("http", _destinations)),
    "traefik": InPlace(TRAEFIK_SERVICE, Shares("weighted", _weighted)),
}
"""By the gateway of a Canary that writes routes of the same kind itself."""
