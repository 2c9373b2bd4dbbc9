"""The rules of Istio's VirtualServices: as they are written, and what they say."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Manifest
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways import cookies
from gateways.backends import weights_of
from gateways.chosen import rules_of

ON_THEIR_WAY = ("rewrite", "timeout", "retries", "corsPolicy", "headers")
"""The fields of `spec.service` that stand in a rule of a VirtualService as they are."""


def http_rules(canary: Canary, traffic: Traffic) -> list[Manifest]:
    """The rules in the order in which Istio asks them: users who stay, chosen requests, everybody."""
    everybody = canary.service.routing.get("match") or []
    split = _rule(canary, everybody, weights_of(canary, traffic))
    if traffic.mirror:
        split |= _mirror(canary, traffic.mirror)
    if traffic.match:
        chosen = [found for rule in rules_of(traffic.match) for found in _both(_istio(rule), everybody)]
        others = _rule(canary, everybody, {canary.primary_service: 100})
        return [{"match": chosen, **{key: value for key, value in split.items() if key != "match"}}, others]
    return [*_staying(canary, traffic, everybody), _answering(split, cookies.given(canary, traffic))]


def _rule(canary: Canary, match: Sequence[Manifest], weights: Mapping[str, int]) -> Manifest:
    said = canary.service.routing
    kept = {field: copy.deepcopy(said[field]) for field in ON_THEIR_WAY if said.get(field)}
    routes = [
        {"destination": _destination(canary, host), "weight": weight} for host, weight in weights.items()
    ]
    return ({"match": copy.deepcopy(list(match))} if match else {}) | kept | {"route": routes}


def _destination(canary: Canary, host: str) -> Manifest:
    """A Service of several ports needs one named where nothing else says which: at a gateway, and for delegates."""
    said = canary.service.routing
    at_gateway = (said.get("gateways") or ["mesh"])[0] != "mesh" or bool(said.get("delegation"))
    port = {"port": {"number": canary.service.port}} if canary.service.port_discovery and at_gateway else {}
    return {"host": host, **port}


def tcp_rule(canary: Canary, traffic: Traffic) -> Manifest:
    routes = [
        {"destination": _destination(canary, host), "weight": weight}
        for host, weight in weights_of(canary, traffic).items()
    ]
    ports = [
        {"port": match["port"]} for match in canary.service.routing.get("match") or () if "port" in match
    ]
    return ({"match": ports} if ports else {}) | {"route": routes}


def _mirror(canary: Canary, percent: int) -> Manifest:
    mirror = {"mirror": {"host": canary.canary_service}}
    return mirror if percent == 100 else mirror | {"mirrorPercentage": {"value": float(percent)}}


def _staying(canary: Canary, traffic: Traffic, everybody: Sequence[Manifest]) -> Iterator[Manifest]:
    """Rules for users who carry a cookie of ours."""
    for cookie, weights in cookies.kept(canary, traffic):
        yield _rule(canary, _with_cookie(cookie.pattern, everybody), weights)
    for cookie, weights, forgotten in cookies.let_go(canary, traffic):
        rule = _rule(canary, _with_cookie(cookie.pattern, everybody), weights)
        yield _answering(rule, dict.fromkeys(weights, forgotten))


def _with_cookie(pattern: str, everybody: Sequence[Manifest]) -> list[Manifest]:
    return _both({"headers": {"cookie": {"regex": pattern}}}, everybody)


def _answering(rule: Manifest, given: Mapping[str, str]) -> Manifest:
    """The rule, with these Set-Cookie headers on the answers of its destinations."""
    for route in rule["route"]:
        if (cookie := given.get(route["destination"]["host"])) is not None:
            route["headers"] = {"response": {"add": {"Set-Cookie": cookie}}}
    return rule


def _both(one: Manifest, others: Sequence[Manifest]) -> list[Manifest]:
    """What matches `one` and one of the others. Flagger lets the former's headers and labels replace the latter's,
    which would let in who the document keeps out."""
    return [_merged(other, one) for other in others] if others else [copy.deepcopy(one)]


def _merged(other: Manifest, one: Manifest) -> Manifest:
    merged = copy.deepcopy(other)
    for field, conditions in one.items():
        merged[field] = {**(merged.get(field) or {}), **copy.deepcopy(conditions)}
    return merged


def _istio(chosen: Mapping[str, Any]) -> Manifest:
    """A rule of `analysis.match` in Istio's words, which lack a suffix."""
    found = copy.deepcopy(dict(chosen))
    for field in ("headers", "queryParams"):
        for condition in found.get(field, {}).values():
            if "suffix" in condition:
                condition["regex"] = f".*{re.escape(condition.pop('suffix'))}"
    return found


def rules_in(route: Manifest) -> Iterator[Manifest]:
    spec = route.get("spec") or {}
    yield from spec.get("http") or ()
    yield from spec.get("tcp") or ()


def shares(rule: Manifest) -> dict[str, int]:
    """The weight of each destination of a rule; one that stands alone need not say its weight."""
    routes = rule.get("route") or ()
    alone = 100 if len(routes) == 1 else 0
    return {
        str((route.get("destination") or {}).get("host")): int(route.get("weight") or alone)
        for route in routes
    }


def set_weights(rule: Manifest, weights: Mapping[str, int]) -> None:
    if shares(rule).keys() < weights.keys():
        return  # for users who stay, or for requests that are not chosen
    for route in rule.get("route") or ():
        host = str((route.get("destination") or {}).get("host"))
        if host in weights:
            route["weight"] = weights[host]
