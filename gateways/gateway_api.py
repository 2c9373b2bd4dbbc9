"""Gateway API: an HTTPRoute named after the apex. The Canary alone says everything, above all its `gatewayRefs`.

Each change counts once every parent has accepted it: then its data plane has heard of it. Mirroring is an extended
feature of Gateway API. An implementation without it may accept the route and answer nobody, as Traefik does: a run that
mirrors begins with a Warning.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import TEXT, TRUTH, Fields, Items, Named, fields, flaws
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways.alone import Alone, of_the_apex
from gateways.backends import carried_by_rules, weights_of
from gateways.chosen import by_labels
from gateways.gateway import Carried, Gateway, Marks
from gateways.http_route import PATHS, forget_mirror, rules_for, shares
from gateways.pod_metrics import QUERIES

HTTP_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute")

_NAMES = Named(TEXT)
_CHANGES = fields(add=_NAMES, set=_NAMES, remove=Items(TEXT))
_COMPARED = Named(TEXT)
_SHAPE = fields(
    gatewayRefs=Items(fields("name", name=TEXT, namespace=TEXT, group=TEXT, kind=TEXT, sectionName=TEXT)),
    hosts=Items(TEXT),
    match=Items(
        fields(uri=_COMPARED, method=_COMPARED, headers=Named(_COMPARED), queryParams=Named(_COMPARED))
    ),
    rewrite=fields(uri=TEXT, authority=TEXT, type=TEXT),
    headers=fields(request=_CHANGES, response=_CHANGES),
    mirror=Items(Fields({})),
    corsPolicy=fields(
        allowOrigins=Items(_COMPARED),
        allowMethods=Items(TEXT),
        allowHeaders=Items(TEXT),
        exposeHeaders=Items(TEXT),
        maxAge=TEXT,
        allowCredentials=TRUTH,
    ),
    timeout=TEXT,
    backendTimeout=TEXT,
)


class GatewayApi(Alone):
    """Whatever implements Gateway API, by its HTTPRoutes."""

    kind = HTTP_ROUTE
    ruled = ("f:spec", "f:rules")
    carries = frozenset({"weights", "match", "mirror", "affinity"})
    says: tuple[str, ...] = (
        "gatewayRefs",
        "hosts",
        "match",
        "rewrite",
        "headers",
        "mirror",
        "corsPolicy",
        "timeout",
        "backendTimeout",
    )

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        found = list(flaws(canary.service.routing, _SHAPE, "spec.service"))
        return tuple(found or (*_unattached(canary), *_beyond(canary), *_unsent(canary)))

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return tuple(_mirrored(canary)) if canary.analysis.mirror else ()

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.unable(canary):
            raise Refused(problems)
        said = canary.service.routing
        hosts = list(said.get("hosts") or ())
        spec = {
            "parentRefs": [_parent(named) for named in said["gatewayRefs"]],
            **({"hostnames": hosts} if hosts else {}),
            "rules": self.rules(canary, traffic),
        }
        return of_the_apex(self.kind, canary, marks, spec)

    def rules(self, canary: Canary, traffic: Traffic) -> list[Manifest]:
        """The rules of a route for this traffic."""
        return rules_for(canary, traffic)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        rules = (route.get("spec") or {}).get("rules") or ()
        return carried_by_rules(canary, map(shares, rules), waits(route))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Rules that lead to the canary alone go once nobody is to be led there."""
        changed, weights = copy.deepcopy(route), weights_of(canary, traffic)
        rules = (changed.get("spec") or {}).get("rules") or []
        kept = [rule for rule in rules if traffic.canary or shares(rule).keys() != {canary.canary_service}]
        for rule in kept:
            if not traffic.mirror:
                forget_mirror(canary, rule)
            if shares(rule).keys() < weights.keys():
                continue  # for users who stay, or for requests that are not chosen
            for backend in rule.get("backendRefs") or ():
                if backend.get("name") in weights:
                    backend["weight"] = weights[backend["name"]]
        changed["spec"] = {**(changed.get("spec") or {}), "rules": kept}
        return changed

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return tuple(canary.service.routing.get("hosts") or ())

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """The application counts its own answers; a gateway's numbers have no common name."""
        return QUERIES[check.name]


GATEWAY_API: tuple[Gateway, ...] = tuple(
    GatewayApi(provider) for provider in ("gatewayapi:v1", "gatewayapi:v1beta1")
)
"""By both names that Flagger has for it; the objects are of version v1, which every release since 1.0 serves."""


def _unattached(canary: Canary) -> Iterator[Problem]:
    if not canary.service.routing.get("gatewayRefs"):
        yield Problem(
            "spec.service.gatewayRefs",
            "must be specified when using Gateway API as a provider",
            "name the Gateway that leads users to the application",
        )


def _mirrored(canary: Canary) -> Iterator[str]:
    for named in canary.service.routing.get("gatewayRefs") or ():
        yield (
            f"Gateway {named['name']} has to be of a class whose status.supportedFeatures has HTTPRouteRequestMirror: "
            "another one may answer nobody while requests are mirrored; leave out spec.analysis.mirror there"
        )


def _beyond(canary: Canary) -> Iterator[Problem]:
    """What an HTTPRoute can't say."""
    yield from by_labels(canary, "Gateway API")
    origins = (canary.service.routing.get("corsPolicy") or {}).get("allowOrigins") or ()
    for index, origin in enumerate(origins):
        if "exact" not in origin:
            yield Problem(
                f"spec.service.corsPolicy.allowOrigins[{index}]",
                "Gateway API compares origins as they are",
                "write exact",
            )


def _unsent(canary: Canary) -> Iterator[Problem]:
    """Matches with a word that an HTTPRoute has no equal for."""
    known = {"uri": PATHS, "method": {"exact": ""}}
    for index, match in enumerate(canary.service.routing.get("match") or ()):
        for field, ways in known.items():
            for way in set(match.get(field) or {}) - set(ways):
                yield Problem(
                    f"spec.service.match[{index}].{field}.{way}",
                    f"Gateway API can't compare a {field} so",
                    f"use one of {', '.join(ways)}",
                )


def _parent(named: Manifest) -> Manifest:
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", **copy.deepcopy(named)}


def waits(route: Manifest) -> str:
    """In Flagger's words: a parent that has not accepted this generation of the route."""
    generation = int(route["metadata"].get("generation") or 0)
    heard = {
        _named(parent.get("parentRef") or {}): condition
        for parent in (route.get("status") or {}).get("parents") or ()
        for condition in parent.get("conditions") or ()
        if condition.get("type") == "Accepted"
    }
    for reference in (route.get("spec") or {}).get("parentRefs") or ():
        accepted = heard.get(_named(reference), {})
        seen = int(accepted.get("observedGeneration") or 0)
        if accepted.get("status") != "True" or seen < generation:
            return (
                f"parent {reference.get('name')} is not ready (status: {accepted.get('status', 'unknown')}, observed "
                f"generation: {seen}, current generation: {generation})"
            )
    return ""


def _named(reference: Mapping[str, Any]) -> tuple[object, ...]:
    """What tells a parent from the others; the empty text is as good as none."""
    return tuple(reference.get(field) or "" for field in ("namespace", "name", "sectionName"))
