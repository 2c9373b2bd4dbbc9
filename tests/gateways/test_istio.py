"""Istio: VirtualService and DestinationRules, asserted whole, and releases over them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.status import Phase
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.gateway import Marks
from gateways.istio import DESTINATION_RULE, ISTIO, VIRTUAL_SERVICE
from tests.components.documents import OWNER
from tests.core.documents import MISSING, document
from tests.core.world import World, initialised
from tests.gateways.alike import MARKS, METADATA

S, A = "spec.service", "spec.analysis"
INSIDERS = {"headers": {"cookie": {"regex": "^(.*?;)?(type=insider)(;.*)?$"}}}
COOKIE = {"cookieName": "flagger-cookie", "maxAge": 21600, "httpOnly": True, "sameSite": "Lax"}


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return document({"spec.provider": "istio", "spec.routeRef": MISSING, **(changes or {})})


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return ISTIO.render(canary(changes), None, traffic, MARKS)


def route(host: str, weight: int, **more: Any) -> Manifest:
    return {"destination": {"host": host}, "weight": weight, **more}


def both(weight: int) -> list[Manifest]:
    return [route("podinfo-primary", 100 - weight), route("podinfo-canary", weight)]


def test_the_article_s_virtual_service_at_90_to_10() -> None:
    said = {
        f"{S}.port": 9898,
        f"{S}.gateways": ["public-gateway.istio-system.svc.cluster.local"],
        f"{S}.hosts": ["*"],
        f"{S}.trafficPolicy": {"tls": {"mode": "DISABLE"}},
        f"{S}.retries": {
            "attempts": 3,
            "perTryTimeout": "1s",
            "retryOn": "gateway-error,connect-failure,refused-stream",
        },
    }
    assert render(Traffic(10), said) == {
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "VirtualService",
        "metadata": METADATA,
        "spec": {
            "gateways": ["public-gateway.istio-system.svc.cluster.local"],
            "hosts": ["*"],
            "http": [{"retries": said[f"{S}.retries"], "route": both(10)}],
        },
    }
    rules = ISTIO.rest_on(canary(said), Marks({}, OWNER))
    assert rules[0] == {
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "DestinationRule",
        "metadata": {"name": "podinfo-canary", "namespace": "test", "ownerReferences": [OWNER]},
        "spec": {"host": "podinfo-canary", "trafficPolicy": {"tls": {"mode": "DISABLE"}}},
    }
    assert [rule["spec"]["host"] for rule in rules] == ["podinfo-canary", "podinfo-primary"]


@pytest.mark.parametrize(
    ("said", "reached"),
    [
        ({}, {"gateways": ["mesh"], "hosts": ["podinfo"]}),
        ({"hosts": ["app.example.com"]}, {"gateways": ["mesh"], "hosts": ["app.example.com", "podinfo"]}),
        ({"hosts": ["podinfo", "b"]}, {"gateways": ["mesh"], "hosts": ["podinfo", "b"]}),
        ({"gateways": ["public", "mesh"]}, {"gateways": ["public", "mesh"], "hosts": ["podinfo"]}),
        ({"delegation": True}, {}),
    ],
    ids=["in the mesh", "a host of its own", "the apex among them", "at a gateway", "a delegate"],
)
def test_hosts_and_gateways(said: dict[str, Any], reached: dict[str, Any]) -> None:
    spec = render(Traffic(0), {f"{S}.{name}": value for name, value in said.items()})["spec"]
    assert {name: spec[name] for name in ("gateways", "hosts") if name in spec} == reached


def test_what_happens_to_requests_on_their_way_is_in_every_rule() -> None:
    said: dict[str, Any] = {
        f"{S}.match": [{"uri": {"prefix": "/api"}}],
        f"{S}.rewrite": {"uri": "/"},
        f"{S}.timeout": "15s",
        f"{S}.headers": {"request": {"add": {"x-some-header": "value"}}},
        f"{S}.corsPolicy": {"allowOrigins": [{"exact": "https://example.com"}]},
    }
    counted = {f"{A}.stepWeight": MISSING, f"{A}.iterations": 2, f"{A}.match": [INSIDERS]}
    traffic = Traffic(100, match=canary({**said, **counted}).analysis.match)
    chosen, others = render(traffic, {**said, **counted})["spec"]["http"]
    assert chosen["match"] == [{"uri": {"prefix": "/api"}, **INSIDERS}]
    assert others["match"] == [{"uri": {"prefix": "/api"}}]
    assert (chosen["route"], others["route"]) == (both(100), [route("podinfo-primary", 100)])
    for field in ("rewrite", "timeout", "headers", "corsPolicy"):
        assert chosen[field] == others[field] == said[f"{S}.{field}"]


def test_a_condition_of_the_service_stays_beside_that_of_the_analysis() -> None:
    """In Flagger the headers of the analysis replace those of the service, and let in whom it keeps out."""
    said = {
        f"{S}.match": [{"headers": {"x-tenant": {"exact": "a"}}}],
        f"{A}.iterations": 1,
        f"{A}.match": [INSIDERS],
    }
    traffic = Traffic(100, match=canary(said).analysis.match)
    (found,) = render(traffic, said)["spec"]["http"][0]["match"]
    assert found["headers"].keys() == {"x-tenant", "cookie"}


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (100, {"mirror": {"host": "podinfo-canary"}}),
        (30, {"mirror": {"host": "podinfo-canary"}, "mirrorPercentage": {"value": 30.0}}),
    ],
)
def test_mirroring(percent: int, expected: Manifest) -> None:
    (rule,) = render(Traffic(mirror=percent))["spec"]["http"]
    assert rule == {"route": both(0), **expected}


def test_users_who_met_a_side_stay_there() -> None:
    said = {f"{A}.sessionAffinity": {**COOKIE, "primaryCookieName": "primary-cookie"}}
    to_canary, to_primary, counted = render(Traffic(10, affinity="abcdefghij"), said)["spec"]["http"]
    assert to_canary == {
        "match": [{"headers": {"cookie": {"regex": "(.*;\\s*)?flagger\\-cookie=abcdefghij(;.*)?"}}}],
        "route": [route("podinfo-canary", 100)],
    }
    assert to_primary["match"][0]["headers"]["cookie"]["regex"].startswith("(.*;\\s*)?primary\\-cookie=")
    assert to_primary["route"] == [route("podinfo-primary", 100)]
    answers = [one["headers"]["response"]["add"]["Set-Cookie"] for one in counted["route"]]
    assert answers == [
        "primary-cookie=abcdefghij; Max-Age=10; HttpOnly; SameSite=Lax",
        "flagger-cookie=abcdefghij; Max-Age=21600; HttpOnly; SameSite=Lax",
    ]


def test_users_are_let_go_once_a_run_has_ended() -> None:
    said = {f"{A}.sessionAffinity": COOKIE}
    let_go, counted = render(Traffic(expired="abcdefghij"), said)["spec"]["http"]
    assert [one["weight"] for one in let_go["route"]] == [100, 0]
    assert let_go["route"][0]["headers"]["response"]["add"]["Set-Cookie"] == (
        "flagger-cookie=abcdefghij; Max-Age=-1; HttpOnly; SameSite=Lax"
    )
    assert counted == {"route": both(0)}


def test_connections_of_tcp_are_shared_by_weight() -> None:
    said = {f"{S}.appProtocol": "tcp", f"{S}.match": [{"port": 9898, "uri": {"prefix": "/"}}]}
    assert render(Traffic(20), said)["spec"]["tcp"] == [{"match": [{"port": 9898}], "route": both(20)}]


def test_a_service_of_several_ports_is_named_with_one_at_a_gateway() -> None:
    said = {f"{S}.portDiscovery": True, f"{S}.gateways": ["public"]}
    (rule,) = render(Traffic(0), said)["spec"]["http"]
    assert rule["route"][0]["destination"] == {"host": "podinfo-primary", "port": {"number": 80}}


def test_metadata_of_the_apex_is_on_the_route_too() -> None:
    said = {f"{S}.apex": {"labels": {"tier": "web"}, "annotations": {"team": "a"}}}
    metadata = render(Traffic(0), said)["metadata"]
    assert (metadata["labels"], metadata["annotations"]["team"]) == ({"tier": "web"}, "a")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {f"{S}.delegation": True, f"{S}.hosts": ["a"]},
            "spec.service.hosts: a VirtualService that others delegate",
        ),
        (
            {f"{S}.delegation": True, f"{S}.gateways": ["a"]},
            "spec.service.gateways: a VirtualService that others",
        ),
        (
            {f"{S}.appProtocol": "tcp", f"{A}.mirror": True},
            "spec.analysis.mirror: istio can't tell connections",
        ),
        ({f"{S}.gateways": "public"}, "spec.service.gateways: is text, not a list"),
        ({f"{S}.match": [["x"]]}, r"spec.service.match\[0\]: is a list, not an object"),
        ({f"{S}.delegation": "yes"}, "spec.service.delegation: is text, not true or false"),
    ],
)
def test_what_istio_can_not_do_is_refused_when_the_document_is_read(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


@pytest.mark.parametrize(
    "traffic",
    [
        Traffic(0),
        Traffic(35),
        Traffic(100),
        Traffic(20, affinity="abc"),
        Traffic(100, match=(json.dumps(INSIDERS),)),
    ],
)
def test_weights_are_read_back_as_they_were_written(traffic: Traffic) -> None:
    said = {f"{A}.sessionAffinity": COOKIE}
    found = ISTIO.carried(canary(said), render(traffic, said))
    assert (found.traffic.canary, found.exact) == (traffic.canary, True)


def test_a_direct_patch_leads_nobody_to_the_canary() -> None:
    said = {f"{A}.sessionAffinity": COOKIE}
    live = render(Traffic(40, affinity="abc"), said)
    patched = ISTIO.with_traffic(canary(said), live, Traffic(expired="abc"))
    assert [one["weight"] for rule in patched["spec"]["http"] for one in rule["route"]] == [100, 0]
    mirrored = ISTIO.with_traffic(canary(), render(Traffic(mirror=10)), Traffic())
    assert mirrored["spec"]["http"] == [{"route": both(0)}]


def meshed(changes: dict[str, Any] | None = None) -> World:
    world = initialised(written(changes))
    world.release("v2")
    return world


def weights(world: World) -> list[int]:
    live = world.cluster.get(VIRTUAL_SERVICE, "test", "podinfo")
    assert live is not None
    return [one["weight"] for rule in live["spec"]["http"] for one in rule["route"]]


def test_a_good_release_is_promoted_and_a_bad_one_rolled_back() -> None:
    world = meshed()
    assert world.until(Phase.SUCCEEDED).weights == [0, 10, 20, 30, 40, 50, 0]
    world.answer = lambda seen, check: seen.measured(0.0)
    world.release("v3")
    assert world.until(Phase.FAILED).weights[-2:] == [10, 0]
    assert (world.primary_revision, weights(world)) == ("v2", [100, 0])


def test_a_destination_rule_that_somebody_deleted_comes_back() -> None:
    world = meshed().until(Phase.SUCCEEDED)
    world.cluster.delete(DESTINATION_RULE, "test", "podinfo-canary")
    world.tick()
    assert world.cluster.get(DESTINATION_RULE, "test", "podinfo-canary") is not None
    assert world.texts[-1] == "DestinationRule podinfo-canary.test was deleted: made again"


def test_a_run_with_affinity_keeps_one_cookie_and_lets_it_go() -> None:
    world = meshed({f"{A}.sessionAffinity": COOKIE})
    world.until(Phase.SUCCEEDED)
    values = [
        intent.placement.traffic.affinity for intent in world.made_live if intent.placement.traffic.canary
    ]
    assert len(set(values)) == 1
    assert len(values[0]) == 10
    last = world.made_live[-1].placement.traffic
    assert (last.canary, last.affinity, last.expired) == (0, "", values[0])


def test_a_cluster_without_istio_says_so() -> None:
    world = World(written())
    world.copies.absent = frozenset({VIRTUAL_SERVICE})
    world.tick()
    assert world.texts[-1] == (
        "The cluster has no VirtualService (networking.istio.io/v1beta1), which provider istio needs: install it, or "
        "name another provider in spec.provider"
    )
