"""Session affinity in rules of ApisixRoutes.

An answer doesn't tell which of two weighted backends gave it, so no cookie could say where a user was. Instead each
side has rules of its own, and a share of the requests without a cookie is drawn by their ids.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from automation.core.kinds import Manifest
from automation.core.refusal import Problem
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways import cookies
from gateways.apisix_rules import PRIORITY, forget_mirror, led_to, shadows, shares
from gateways.draws import drawing

_REWRITE = "response-rewrite"
_ID = {"scope": "Variable", "name": "request_id"}


class _Way(NamedTuple):
    """Requests that an expression tells, where they go, and the cookie of the answers ("" for none)."""

    name: str
    expression: Manifest
    weights: Mapping[str, int]
    cookie: str = ""


def copies(canary: Canary, rule: Manifest, traffic: Traffic) -> Iterator[Manifest]:
    """The copies of a rule: users who stay or are let go, those who are drawn, chosen requests, everybody else."""
    *chosen, everybody = shadows(canary, rule, traffic)
    ways = list(_ways(canary, traffic))
    for place, way in enumerate(ways):
        made = {**copy.deepcopy(everybody), "name": f"{rule['name']}-{way.name}"}
        made["priority"] += PRIORITY * (len(ways) - place)
        match = made.get("match") or {}
        made["match"] = {**match, "exprs": [*(match.get("exprs") or ()), way.expression]}
        made["backends"] = led_to(rule["backends"][0], way.weights)
        forget_mirror(canary, made)
        yield _answering(made, way.cookie)
    yield from chosen
    if traffic.affinity:
        primary = canary.primary_service
        everybody["backends"] = led_to(rule["backends"][0], {primary: 100})
        everybody = _answering(everybody, cookies.given(canary, traffic).get(primary, ""))
    yield everybody


def _ways(canary: Canary, traffic: Traffic) -> Iterator[_Way]:
    """In the order in which they are asked. Who returns to the canary gets its cookie anew; who returns to primary does
    not, and is counted again at the next step."""
    there = canary.canary_service
    given = cookies.given(canary, traffic).get(there, "")
    for cookie, weights in cookies.kept(canary, traffic):
        [side] = weights
        yield _Way(f"stay-on-{side}", _carries(cookie), weights, given if side == there else "")
    for cookie, weights, forgotten in cookies.let_go(canary, traffic):
        yield _Way("let-go", _carries(cookie), weights, forgotten)
    if traffic.affinity:
        yield _Way("drawn", _drawn(traffic.canary), {there: 100}, given)


def _carries(cookie: cookies.Cookie) -> Manifest:
    return {"subject": {"scope": "Cookie", "name": cookie.name}, "op": "Equal", "value": cookie.value}


def _drawn(weight: int) -> Manifest:
    return {"subject": dict(_ID), "op": "RegexMatch", "value": drawing(weight)}


def pattern_in(canary: Canary, rule: Manifest) -> str | None:
    """The pattern by which a rule draws requests for the canary, None in a rule that does something else."""
    last = _last(rule)
    to_canary = shares(rule).keys() == {canary.canary_service}
    drawn = to_canary and last.get("subject") == _ID and last.get("op") == "RegexMatch"
    return str(last.get("value")) if drawn else None


def draw(rule: Manifest, weight: int) -> None:
    """Let a rule that draws requests draw this percentage."""
    _last(rule)["value"] = drawing(weight)


def kept_by(canary: Canary, rule: Manifest) -> str | None:
    """The value of the cookie whose users a rule keeps on the canary, None in a rule that does something else."""
    affinity, last = canary.analysis.affinity, _last(rule)
    if affinity is None or shares(rule).keys() != {canary.canary_service}:
        return None
    ours = last.get("subject") == {"scope": "Cookie", "name": affinity.cookie}
    return str(last.get("value")) if ours else None


def _last(rule: Manifest) -> Manifest:
    """The expression that was added last: a source's own stand before it."""
    expressions = (rule.get("match") or {}).get("exprs") or [{}]
    last: Manifest = expressions[-1]
    return last


def _answering(rule: Manifest, cookie: str) -> Manifest:
    """The rule, with this Set-Cookie header on its answers beside what a source's plugin does to them. The plugin takes
    no header that ends with a slash."""
    if not cookie:
        return rule
    plugins = rule.get("plugins") or ()
    said = _rewriting(rule)
    config = said.get("config") or {}
    headers = _by_action(config.get("headers") or {})
    added = f"Set-Cookie: {cookie};" if cookie.endswith("/") else f"Set-Cookie: {cookie}"
    config = {**config, "headers": {**headers, "add": [*(headers.get("add") or ()), added]}}
    others = [plugin for plugin in plugins if plugin.get("name") != _REWRITE]
    return {**rule, "plugins": [*others, {**said, "name": _REWRITE, "enable": True, "config": config}]}


def _rewriting(rule: Manifest) -> Manifest:
    """The plugin that changes a rule's answers, nothing where none does."""
    ours = [plugin for plugin in rule.get("plugins") or () if plugin.get("name") == _REWRITE]
    enabled = [plugin for plugin in ours if plugin.get("enable", True)]
    return copy.deepcopy(enabled[-1]) if enabled else {}


def _by_action(headers: Manifest) -> Manifest:
    """Headers by `add`, `set` and `remove`: the older form only sets them."""
    newer = any(isinstance(headers.get(action), (list, dict)) for action in ("add", "set", "remove"))
    return headers if newer or not headers else {"set": headers}


def losing_cookies(canary: Canary, name: str, index: int, rule: Manifest) -> Iterator[Problem]:
    """What keeps a rule's answers from giving users the cookie that they are to have."""
    config = _rewriting(rule).get("config") or {}
    if canary.analysis.affinity is None or not config:
        return
    headers = _by_action(config.get("headers") or {})
    overwritten = [*(headers.get("set") or ()), *(headers.get("remove") or ())]
    path = f"spec.http[{index}].plugins"
    if any(str(header).lower() == "set-cookie" for header in overwritten):
        text = (
            f"APISIX route {name}: {_REWRITE} sets or removes Set-Cookie, and with it that of sessionAffinity"
        )
        yield Problem(path, text, "write the header to headers.add")
    if config.get("vars") or config.get("_meta"):
        text = f"APISIX route {name}: {_REWRITE} has conditions, which would hold for the cookies of sessionAffinity"
        yield Problem(path, text, "take vars and _meta out, or leave out spec.analysis.sessionAffinity")


def unwritable(canary: Canary) -> Iterator[Problem]:
    """A cookie that the plugin refuses or would fill with variables."""
    affinity = canary.analysis.affinity
    if affinity is None:
        return
    text = affinity.cookie + affinity.primary_cookie + affinity.attributes
    if found := sorted({*":$"} & {*text}):
        yield Problem(
            "spec.analysis.sessionAffinity",
            f"apisix can't write a cookie with {' or '.join(found)}",
            "give its names, domain and path without",
        )
