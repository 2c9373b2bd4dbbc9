"""The rules of Gateway API's HTTPRoutes: as they are written, and what they say."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.durations import seconds_of
from automation.core.kinds import Manifest
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways import cookies
from gateways.backends import weights_of
from gateways.chosen import rules_of

PATHS = {"exact": "Exact", "prefix": "PathPrefix", "regex": "RegularExpression"}
_EVERYTHING: Manifest = {"path": {"type": "PathPrefix", "value": "/"}}


def rules_for(canary: Canary, traffic: Traffic) -> list[Manifest]:
    """Users who stay, chosen requests, everybody: an HTTPRoute asks its rules by how much they match, and of alike ones
    the first."""
    everybody = [_matched(match) for match in canary.service.routing.get("match") or ()] or [
        dict(_EVERYTHING)
    ]
    split = _rule(canary, everybody, weights_of(canary, traffic), traffic.mirror)
    if traffic.match:
        chosen = [found for rule in rules_of(traffic.match) for found in _both(_matched(rule), everybody)]
        return [{**split, "matches": chosen}, _rule(canary, everybody, {canary.primary_service: 100})]
    return [*_staying(canary, traffic, everybody), _answering(split, cookies.given(canary, traffic))]


def _rule(
    canary: Canary, matches: Sequence[Manifest], weights: Mapping[str, int], mirror: int = 0
) -> Manifest:
    said = canary.service.routing
    filters = list(_filters(said)) + ([_mirror(canary, mirror)] if mirror else [])
    limits = {"request": said.get("timeout"), "backendRequest": said.get("backendTimeout")}
    timeouts = {name: limit for name, limit in limits.items() if limit}
    return {
        "matches": copy.deepcopy(list(matches)),
        **({"filters": filters} if filters else {}),
        "backendRefs": [_backend(canary, name, weight) for name, weight in weights.items()],
        **({"timeouts": timeouts} if timeouts else {}),
    }


def _backend(canary: Canary, name: str, weight: int) -> Manifest:
    return {"group": "", "kind": "Service", "name": name, "port": canary.service.port, "weight": weight}


def _filters(said: Mapping[str, Any]) -> Iterator[Manifest]:
    """What happens to requests and answers, in Flagger's order."""
    headers = said.get("headers") or {}
    for part, name in (("request", "requestHeaderModifier"), ("response", "responseHeaderModifier")):
        if headers.get(part):
            yield {"type": name[0].upper() + name[1:], name: _changes(headers[part])}
    if said.get("rewrite"):
        yield {"type": "URLRewrite", "urlRewrite": _rewritten(said["rewrite"])}
    for mirror in said.get("mirror") or ():
        yield {"type": "RequestMirror", "requestMirror": copy.deepcopy(mirror)}
    if said.get("corsPolicy"):
        yield {"type": "CORS", "cors": _cors(said["corsPolicy"])}


def _changes(said: Mapping[str, Any]) -> Manifest:
    listed = {
        way: [{"name": name, "value": text} for name, text in sorted(said[way].items())]
        for way in ("add", "set")
        if said.get(way)
    }
    return listed | ({"remove": list(said["remove"])} if said.get("remove") else {})


def _rewritten(said: Mapping[str, Any]) -> Manifest:
    """A `type` other than ReplacePrefixMatch replaces the whole path, as in Flagger."""
    found: Manifest = {"hostname": said["authority"]} if said.get("authority") else {}
    if said.get("uri"):
        prefix = said.get("type") == "ReplacePrefixMatch"
        found["path"] = (
            {"type": "ReplacePrefixMatch", "replacePrefixMatch": said["uri"]}
            if prefix
            else {"type": "ReplaceFullPath", "replaceFullPath": said["uri"]}
        )
    return found


def _cors(said: Mapping[str, Any]) -> Manifest:
    lists = {
        name: list(said[name]) for name in ("allowMethods", "allowHeaders", "exposeHeaders") if said.get(name)
    }
    origins = [origin["exact"] for origin in said.get("allowOrigins") or ()]
    age = {"maxAge": int(seconds_of(said["maxAge"]))} if said.get("maxAge") else {}
    credentials = {"allowCredentials": True} if said.get("allowCredentials") else {}
    return ({"allowOrigins": origins} if origins else {}) | lists | age | credentials


def _mirror(canary: Canary, percent: int) -> Manifest:
    there = {"group": "", "kind": "Service", "name": canary.canary_service, "port": canary.service.port}
    share = {} if percent == 100 else {"percent": percent}
    return {"type": "RequestMirror", "requestMirror": {"backendRef": there, **share}}


def forget_mirror(canary: Canary, rule: Manifest) -> None:
    ours = canary.canary_service
    filters = [
        one
        for one in rule.get("filters") or ()
        if ((one.get("requestMirror") or {}).get("backendRef") or {}).get("name") != ours
    ]
    if filters:
        rule["filters"] = filters
    else:
        rule.pop("filters", None)


def _matched(said: Mapping[str, Any]) -> Manifest:
    """A match in Istio's words, as Canaries have it, in Gateway API's."""
    found: Manifest = {}
    if said.get("uri"):
        ((way, text),) = list(said["uri"].items())[:1]
        found["path"] = {"type": PATHS[way], "value": text}
    if said.get("method"):
        found["method"] = said["method"]["exact"]
    for field in ("headers", "queryParams"):
        compared = [_compared(name, condition) for name, condition in sorted((said.get(field) or {}).items())]
        if compared:
            found[field] = compared
    return found


def _compared(name: str, condition: Mapping[str, str]) -> Manifest:
    ((way, text),) = list(condition.items())[:1]
    if way == "exact":
        return {"type": "Exact", "name": name, "value": text}
    pattern = {"prefix": f"^{re.escape(text)}.*", "suffix": f".*{re.escape(text)}$"}.get(way, text)
    return {"type": "RegularExpression", "name": name, "value": pattern}


def _both(one: Manifest, others: Sequence[Manifest]) -> list[Manifest]:
    """What matches `one` and one of the others."""
    return [
        {**copy.deepcopy(other), **{field: [*other.get(field, []), *one[field]] for field in one}}
        for other in others
    ]


def _staying(canary: Canary, traffic: Traffic, everybody: Sequence[Manifest]) -> Iterator[Manifest]:
    """Rules for users who carry a cookie of ours."""
    for cookie, weights in cookies.kept(canary, traffic):
        yield _rule(canary, _with_cookie(cookie.pattern, everybody), weights)
    for cookie, weights, forgotten in cookies.let_go(canary, traffic):
        rule = _rule(canary, _with_cookie(cookie.pattern, everybody), weights)
        yield _answering(rule, dict.fromkeys(weights, forgotten))


def _with_cookie(pattern: str, everybody: Sequence[Manifest]) -> list[Manifest]:
    return _both({"headers": [{"type": "RegularExpression", "name": "Cookie", "value": pattern}]}, everybody)


def _answering(rule: Manifest, given: Mapping[str, str]) -> Manifest:
    """The rule, with these Set-Cookie headers on the answers of its backends."""
    for backend in rule["backendRefs"]:
        if (cookie := given.get(backend["name"])) is not None:
            added = {"add": [{"name": "Set-Cookie", "value": cookie}]}
            backend["filters"] = [{"type": "ResponseHeaderModifier", "responseHeaderModifier": added}]
    return rule


def shares(rule: Manifest) -> dict[str, int]:
    """The weight of each backend of a rule: one, where nothing is said."""
    return {
        str(backend.get("name")): int(backend.get("weight", 1)) for backend in rule.get("backendRefs") or ()
    }
