"""Session affinity over ApisixRoutes: the copies of a rule, asserted whole, what is read back, and a release."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.status import Phase
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.apisix import APISIX
from gateways.draws import drawing
from gateways.gateway import Carried, Marks
from tests.components.documents import OWNER, canary, route
from tests.core.documents import document
from tests.core.world import World, initialised

COOKIE = {"cookieName": "side", "maxAge": 600, "httpOnly": True, "sameSite": "Lax"}
TWO = {**COOKIE, "primaryCookieName": "main"}
TO_CANARY = "Set-Cookie: side=abc; Max-Age=600; HttpOnly; SameSite=Lax"
TO_PRIMARY = "Set-Cookie: main=abc; Max-Age=10; HttpOnly; SameSite=Lax"
PROMETHEUS = {"name": "prometheus", "enable": True, "config": {"disable": False, "prefer_name": True}}


def affine(affinity: dict[str, Any]) -> dict[str, Any]:
    return {"analysis": {"interval": "10s", "stepWeight": 10, "sessionAffinity": affinity}}


def render(traffic: Traffic, source: Manifest | None = None, affinity: dict[str, Any] = COOKIE) -> Manifest:
    return APISIX.render(canary(**affine(affinity)), source or route(), traffic, Marks({}, OWNER))


def rules(
    traffic: Traffic, source: Manifest | None = None, affinity: dict[str, Any] = COOKIE
) -> list[Manifest]:
    return list(render(traffic, source, affinity)["spec"]["http"])


def backend(side: str, weight: int = 100) -> Manifest:
    return {"serviceName": f"podinfo-{side}", "servicePort": 80, "weight": weight}


def expression(scope: str, name: str, op: str, value: str) -> Manifest:
    return {"subject": {"scope": scope, "name": name}, "op": op, "value": value}


def cookie(*headers: str, **more: Any) -> Manifest:
    return {"name": "response-rewrite", "enable": True, "config": {**more, "headers": {"add": [*headers]}}}


def rule(name: str, priority: int, exprs: list[Manifest], to: list[Manifest], *plugins: Manifest) -> Manifest:
    match = {"hosts": ["app.example.com"], "methods": ["GET"], "paths": ["/*"]}
    return {
        "name": name,
        "priority": priority,
        "match": {**match, "exprs": exprs} if exprs else match,
        "backends": to,
        "plugins": [PROMETHEUS, *plugins],
    }


def test_users_who_stay_come_first_then_those_who_are_drawn_then_everybody() -> None:
    to_canary, to_primary = [backend("canary")], [backend("primary")]
    assert rules(Traffic(25, affinity="abc"), affinity=TWO) == [
        rule(
            "method-stay-on-podinfo-canary",
            40000,
            [expression("Cookie", "side", "Equal", "abc")],
            to_canary,
            cookie(TO_CANARY),
        ),
        rule(
            "method-stay-on-podinfo-primary",
            30000,
            [expression("Cookie", "main", "Equal", "abc")],
            to_primary,
        ),
        rule(
            "method-drawn",
            20000,
            [expression("Variable", "request_id", "RegexMatch", "^([0123])")],
            to_canary,
            cookie(TO_CANARY),
        ),
        rule("method", 10000, [], to_primary, cookie(TO_PRIMARY)),
    ]


def test_without_a_cookie_of_primary_its_users_are_drawn_again() -> None:
    made = rules(Traffic(25, affinity="abc"))
    assert [one["name"] for one in made] == ["method-stay-on-podinfo-canary", "method-drawn", "method"]
    assert made[-1]["plugins"] == [PROMETHEUS]


def test_users_are_let_go_once_a_run_has_ended() -> None:
    assert rules(Traffic(expired="abc"), affinity=TWO) == [
        rule(
            "method-let-go",
            20000,
            [expression("Cookie", "side", "Equal", "abc")],
            [backend("primary"), backend("canary", 0)],
            cookie("Set-Cookie: side=abc; Max-Age=-1; HttpOnly; SameSite=Lax"),
        ),
        rule("method", 10000, [], [backend("primary"), backend("canary", 0)]),
    ]


def test_copies_for_primary_alone_are_sent_while_requests_are_mirrored() -> None:
    made = rules(Traffic(mirror=100, affinity="abc"), affinity=TWO)
    mirrored = [one["name"] for one in made if any(p["name"] == "proxy-mirror" for p in one["plugins"])]
    assert mirrored == ["method"]


def test_rules_keep_their_order_among_each_kind_of_user() -> None:
    source = route()
    first = {**source["spec"]["http"][0], "name": "first", "priority": 5, "websocket": True}
    source["spec"]["http"].append(first)
    made = {one["name"]: one["priority"] for one in rules(Traffic(25, affinity="abc"), source)}
    for kind in ("stay-on-podinfo-canary", "drawn"):
        assert made[f"first-{kind}"] == made[f"method-{kind}"] + 5
    assert made["first"] == made["method"] + 5 < made["method-drawn"]
    assert all(
        one["websocket"] for one in rules(Traffic(25, affinity="abc"), source) if "first" in one["name"]
    )


def test_what_a_rule_asks_of_its_requests_is_asked_of_all_copies() -> None:
    source = route()
    own = expression("Header", "x-tenant", "Equal", "a")
    source["spec"]["http"][0]["match"]["exprs"] = [own]
    assert all(one["match"]["exprs"][0] == own for one in rules(Traffic(25, affinity="abc"), source))


@pytest.mark.parametrize(
    ("said", "made"),
    [
        (
            {"config": {"headers": {"X-A": "1"}}},
            {"headers": {"set": {"X-A": "1"}, "add": [TO_CANARY]}},
        ),
        (
            {"config": {"status_code": 203, "headers": {"add": ["X-A: 1"], "remove": ["X-B"]}}},
            {"status_code": 203, "headers": {"add": ["X-A: 1", TO_CANARY], "remove": ["X-B"]}},
        ),
        ({"config": {"body": "x"}}, {"body": "x", "headers": {"add": [TO_CANARY]}}),
        ({"enable": False, "config": {"body": "x"}}, {"headers": {"add": [TO_CANARY]}}),
        ({}, {"headers": {"add": [TO_CANARY]}}),
    ],
    ids=["headers that are set", "headers that are added", "a body", "switched off", "nothing"],
)
def test_what_a_rule_does_to_answers_already_is_kept(said: Manifest, made: Manifest) -> None:
    source = route()
    source["spec"]["http"][0]["plugins"].append({"name": "response-rewrite", "enable": True, **said})
    to_canary, *_ = rules(Traffic(25, affinity="abc"), source)
    [plugin] = [one for one in to_canary["plugins"] if one["name"] == "response-rewrite"]
    assert plugin == {"name": "response-rewrite", "enable": True, "config": made}


def test_a_cookie_never_ends_with_a_slash() -> None:
    to_canary, *_ = rules(Traffic(25, affinity="abc"), affinity={"cookieName": "side", "path": "/"})
    [added] = to_canary["plugins"][-1]["config"]["headers"]["add"]
    assert added == "Set-Cookie: side=abc; Max-Age=86400; Path=/;"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"headers": {"set": {"set-cookie": "a=b"}}}, "sets or removes Set-Cookie"),
        ({"headers": {"Set-Cookie": ""}}, "sets or removes Set-Cookie"),
        ({"headers": {"remove": ["Set-Cookie"]}}, "sets or removes Set-Cookie"),
        ({"headers": {"set": {"X-A": "1"}}, "vars": [["status", "==", 200]]}, "has conditions"),
    ],
    ids=["set", "removed by an empty value", "removed", "conditions"],
)
def test_a_rule_that_would_lose_the_cookies_is_refused(config: Manifest, told: str) -> None:
    source = route()
    source["spec"]["http"][0]["plugins"].append(
        {"name": "response-rewrite", "enable": True, "config": config}
    )
    with pytest.raises(Refused, match=told):
        render(Traffic(25, affinity="abc"), source)
    assert APISIX.problems(canary(), source) == ()


@pytest.mark.parametrize(
    ("field", "value", "found"), [("cookieName", "a$b", r"\$"), ("path", "/a:b", ":")], ids=["name", "path"]
)
def test_a_cookie_that_the_plugin_does_not_take_is_refused(field: str, value: str, found: str) -> None:
    said = document({"spec.analysis.sessionAffinity": {**COOKIE, field: value}})
    with pytest.raises(Refused, match=f"apisix can't write a cookie with {found}"):
        canary_of(said)


@pytest.mark.parametrize("weight", range(101))
def test_what_is_rendered_is_read_back_and_written_into_another(weight: int) -> None:
    said, traffic = canary(**affine(TWO)), Traffic(weight, affinity="abc")
    made = render(traffic, affinity=TWO)
    assert APISIX.carried(said, made) == Carried(Traffic(weight), True)
    assert APISIX.with_traffic(said, render(Traffic(7, affinity="abc"), affinity=TWO), traffic) == made


def test_a_pattern_that_somebody_wrote_may_draw_everybody() -> None:
    live = render(Traffic(25, affinity="abc"))
    live["spec"]["http"][1]["match"]["exprs"][-1]["value"] = "[a-f]"
    assert APISIX.carried(canary(**affine(COOKIE)), live) == Carried(Traffic(100), False)


def test_a_direct_patch_leads_nobody_to_the_canary() -> None:
    said = canary(**affine(TWO))
    patched = APISIX.with_traffic(
        said, render(Traffic(40, affinity="abc"), affinity=TWO), Traffic(expired="abc")
    )
    names = [one["name"] for one in patched["spec"]["http"]]
    assert names == ["method-stay-on-podinfo-primary", "method-drawn", "method"]
    assert patched["spec"]["http"][1]["match"]["exprs"][-1]["value"] == drawing(0)
    assert APISIX.carried(said, patched) == Carried(Traffic(0), True)


def released() -> World:
    world = initialised(document({"spec.analysis.sessionAffinity": TWO}))
    world.release("v2")
    return world


def test_a_run_keeps_one_cookie_and_lets_it_go() -> None:
    world = released()
    world.until(Phase.SUCCEEDED)
    moved = [intent.placement.traffic for intent in world.made_live if intent.placement.traffic.canary]
    assert len({traffic.affinity for traffic in moved}) == 1
    last = world.made_live[-1].placement.traffic
    assert (last.canary, last.affinity, last.expired) == (0, "", moved[0].affinity)


def test_a_rollback_lets_users_go() -> None:
    world = released()
    world.answer = lambda at, check: at.measured(0.0 if check.name == "request-success-rate" else 1.0)
    world.until(Phase.FAILED)
    last = world.made_live[-1].placement.traffic
    assert (last.canary, last.affinity, len(last.expired)) == (0, "", 10)
