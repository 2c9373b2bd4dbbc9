"""Routes of people's own in which a Rollout sets weights, as Argo has it: Gateway API, Istio and Traefik.

A copy could not go before such a route, as it can with other gateways. So the weights of both sides are set in each
rule that leads to both, and nothing else of it is changed. The route is patched, never owned. The sides are two
Services, or two subsets of one.
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
from gateways.istio import DESTINATION_RULE, VIRTUAL_SERVICE
from gateways.managed_routes import Managed, managed_in
from gateways.named_rules import absent, is_meant
from gateways.traefik import TRAEFIK_SERVICE

ROUTING = "spec.strategy.canary.trafficRouting"


@dataclass(frozen=True)
class Rule:
    """A rule of a route: the texts by which it is known, and its backends with those of each."""

    names: frozenset[str]
    backends: tuple[tuple[frozenset[str], Manifest], ...]


@dataclass(frozen=True)
class Shares:
    """Where the weights of a kind stand: the fields of its spec that hold its rules, and how these are read. `beside`
    makes the rules of routes that steps manage, which stand before those in the first field, where it can; it is told
    the traffic and the backends of both sides."""

    fields: tuple[str, ...]
    rules: Callable[[Any], Iterator[Rule]]
    waits: Callable[[Manifest], str] = lambda route: ""
    beside: Callable[[Traffic, Manifest, Manifest], list[Manifest]] | None = None


class InPlace(OfRollouts):
    """One kind of routes."""

    def __init__(self, kind: Kind, shares: Shares, companions: tuple[Kind, ...] = ()) -> None:
        self.kind, self._shares, self.companions = kind, shares, companions
        self.carries = frozenset({"weights", *(["managed"] if shares.beside else ())})
        self.provider = f"{kind.kind} in place"
        unnamed = Problem(
            ROUTING, f"names no {kind.kind}", "name the one that leads users to the application"
        )
        self.source: Source | None = Source(ROUTING, kind, unnamed, fields("metadata", metadata=NAMED))
        self.ruled = ("f:spec", f"f:{shares.fields[0]}")

    def route_name(self, canary: Canary) -> str:
        return canary.route.name if canary.route else canary.apex

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        name = f"{self.kind.kind} {self.route_name(canary)}.{canary.namespace}"
        if source is None:
            return (Problem(ROUTING, f"{name} not found", "apply it"),)
        spec = source.get("spec") or {}
        if missing := absent(canary, [rule.names for rule in self._rules(spec)]):
            return (Problem(ROUTING, f"{name} {missing.problem}", missing.remedy),)
        if next(self._split(canary, spec), None) is None:
            told = f"{name} has no rule that leads to {' and '.join(canary.sides)}"
            return (Problem(ROUTING, told, "add both to the backends of a rule"),)
        return ()

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        """A patch of the user's route, with all rules of it: lists of rules are written whole."""
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        made = patch_of(self.kind, self.route_name(canary), canary, marks)
        return self.with_traffic(canary, {**made, "spec": source["spec"]}, traffic)

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
        changed["spec"] = {
            field: copy.deepcopy(spec[field]) for field in self._shares.fields if field in spec
        }
        field, beside = self._shares.fields[0], self._shares.beside
        if beside and field in changed["spec"]:
            own = canary.analysis.stepwise.managed if canary.analysis.stepwise else ()
            rules = changed["spec"][field] or ()
            changed["spec"][field] = [rule for rule in rules if rule.get("name") not in own]
        sides = list(self._split(canary, changed["spec"]))
        for stable, tested in sides:
            stable["weight"], tested["weight"] = traffic.primary, traffic.canary
        if beside and traffic.managed and sides:
            changed["spec"][field] = [*beside(traffic, *sides[0]), *changed["spec"].get(field, ())]
        return changed

    def _rules(self, spec: Manifest) -> Iterator[Rule]:
        for field in self._shares.fields:
            yield from self._shares.rules(spec.get(field))

    def _split(self, canary: Canary, spec: Manifest) -> Iterator[tuple[Manifest, Manifest]]:
        """The backends of both sides in each rule that has them and counts."""
        for rule in self._rules(spec):
            stable, tested = (_backend(rule, side) for side in canary.sides)
            if stable is not None and tested is not None and is_meant(canary, rule.names):
                yield stable, tested


def patch_of(kind: Kind, name: str, canary: Canary, marks: Marks) -> Manifest:
    """The beginning of a patch of somebody's object, which says what it is for."""
    metadata = {"name": name, "namespace": canary.namespace, "annotations": dict(marks.annotations)}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}


def _backend(rule: Rule, side: str) -> Manifest | None:
    return next((backend for names, backend in rule.backends if side in names), None)


def _backends(rules: Any) -> Iterator[Rule]:
    for rule in rules or ():
        backends = [(frozenset({str(one.get("name"))}), one) for one in rule.get("backendRefs") or ()]
        yield Rule(frozenset({str(rule.get("name") or "")}), tuple(backends))


def _destinations(rules: Any) -> Iterator[Rule]:
    """A Service may be called by its full name. Connections have no names: they go by their port and hosts."""
    for rule in rules or ():
        backends = [(_named(one.get("destination") or {}), one) for one in rule.get("route") or ()]
        yield Rule(frozenset({str(rule.get("name") or ""), *_matched(rule)}), tuple(backends))


def _managed(traffic: Traffic, stable: Manifest, tested: Manifest) -> list[Manifest]:
    return [_managed_rule(one, stable, tested) for one in managed_in(traffic)]


def _managed_rule(route: Managed, stable: Manifest, tested: Manifest) -> Manifest:
    """As Argo writes it: chosen requests go to the canary, or they are shared as all are and copied to it."""
    words = {"method": "method", "path": "uri", "headers": "headers"}
    matches = [{words[field]: found for field, found in match.items()} for match in route.match]
    chosen: Manifest = {"match": matches} if all(matches) else {}
    canary = copy.deepcopy(tested["destination"])
    if route.mirror is None:
        return {"name": route.name, **chosen, "route": [{"destination": canary, "weight": 100}]}
    shared = [copy.deepcopy(stable), copy.deepcopy(tested)]
    share = {"mirror": canary, "mirrorPercentage": {"value": route.mirror}}
    return {"name": route.name, **chosen, "route": shared, **share}


def _named(destination: Manifest) -> frozenset[str]:
    service = str(destination.get("host")).partition(".")[0]
    return frozenset({service, *([f"subset {destination['subset']}"] if "subset" in destination else ())})


def _matched(rule: Manifest) -> Iterator[str]:
    for match in rule.get("match") or ():
        yield f"port {match.get('port')}"
        yield from (f"host {host}" for host in match.get("sniHosts") or ())


def _weighted(weighted: Any) -> Iterator[Rule]:
    services = (weighted or {}).get("services") or ()
    yield Rule(frozenset(), tuple((frozenset({str(one.get("name"))}), one) for one in services))


IN_PLACE: Mapping[str, Gateway] = {
    "gatewayapi:v1": InPlace(HTTP_ROUTE, Shares(("rules",), _backends, waits)),
    "istio": InPlace(
        VIRTUAL_SERVICE,
        Shares(("http", "tls", "tcp"), _destinations, beside=_managed),
        companions=(DESTINATION_RULE,),
    ),
    "traefik": InPlace(TRAEFIK_SERVICE, Shares(("weighted",), _weighted)),
}
"""By the gateway of a Canary that writes routes of the same kind itself."""
