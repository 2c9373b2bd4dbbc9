"""Gloo: the RouteTable and its Upstreams, asserted whole, and releases over them."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.status import Phase
from automation.core.traffic import Traffic
from automation.questions.metrics.queries import built_in
from documents.front import canary_of
from gateways.gateway import Marks
from gateways.gloo import GLOO, ROUTE_TABLE, UPSTREAM
from tests.components.documents import OWNER
from tests.core.documents import MISSING
from tests.core.world import World, initialised
from tests.gateways.alike import MARKS, METADATA, behind, promoted_and_rolled_back

A = "spec.analysis"
COUNTED = {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 2}
INSIDERS = [
    {"headers": {"x-user": {"exact": "insider"}, "agent": {"regex": "Fire.*"}}},
    {"queryParams": {"beta": {"exact": "1"}}},
]


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return behind("gloo", changes)


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return GLOO.render(canary(changes), None, traffic, MARKS)


def rule(matchers: list[Manifest] | None = None, **weights: int) -> Manifest:
    destinations = [
        {
            "destination": {"upstream": {"name": f"test-podinfo-{role}upstream-80", "namespace": "test"}},
            "weight": weight,
        }
        for role, weight in weights.items()
    ]
    chosen = {"matchers": matchers} if matchers else {}
    return {
        "inheritablePathMatchers": True,
        **chosen,
        "routeAction": {"multi": {"destinations": destinations}},
    }


def test_a_release_at_80_to_20() -> None:
    assert render(Traffic(20)) == {
        "apiVersion": "gateway.solo.io/v1",
        "kind": "RouteTable",
        "metadata": METADATA,
        "spec": {"routes": [rule(primary=80, canary=20)]},
    }


def test_each_service_has_an_upstream() -> None:
    assert GLOO.rest_on(canary(), Marks({}, OWNER)) == tuple(
        {
            "apiVersion": "gloo.solo.io/v1",
            "kind": "Upstream",
            "metadata": {
                "name": f"test-podinfo-{role}upstream-80",
                "namespace": "test",
                "ownerReferences": [OWNER],
            },
            "spec": {
                "kube": {"serviceName": f"podinfo-{role}", "serviceNamespace": "test", "servicePort": 80}
            },
        }
        for role in ("primary", "canary")
    )


def test_chosen_requests_have_a_route_for_each_rule_and_everybody_else_stays() -> None:
    matched = canary({**COUNTED, f"{A}.match": INSIDERS}).analysis.match
    headers = [
        {"name": "agent", "value": "Fire.*", "regex": True},
        {"name": "x-user", "value": "insider"},
    ]
    assert render(Traffic(100, match=matched), COUNTED)["spec"]["routes"] == [
        rule([{"headers": headers}], primary=0, canary=100),
        rule([{"queryParameters": [{"name": "beta", "value": "1"}]}], primary=0, canary=100),
        rule(primary=100),
    ]


@pytest.mark.parametrize("weight", [0, 1, 50, 100])
def test_what_was_written_is_read_back_and_changed_in_place(weight: int) -> None:
    live, matched = render(Traffic(weight)), canary({**COUNTED, f"{A}.match": INSIDERS}).analysis.match
    carried = GLOO.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    assert GLOO.with_traffic(canary(), render(Traffic(30)), Traffic(weight)) == live
    taken_back = GLOO.with_traffic(canary(), render(Traffic(100, match=matched)), Traffic(0))
    assert GLOO.carried(canary(), taken_back).traffic == Traffic(0)
    assert taken_back["spec"]["routes"][-1] == rule(primary=100)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({**COUNTED, f"{A}.match": [{"headers": {"x": {"prefix": "y"}}}]}, "Gloo can't compare by prefix"),
        ({**COUNTED, f"{A}.match": [{"sourceLabels": {"app": "front"}}]}, "by the labels of who sends them"),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "gloo can't release by affinity"),
    ],
    ids=["a prefix", "labels", "affinity"],
)
def test_what_gloo_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


def test_the_queries_look_at_the_canary_s_upstream_by_the_apex_s_name() -> None:
    named = canary({"spec.service.name": "front"})
    series = 'envoy_cluster_name=~"test-front-canaryupstream-[0-9]+_test"'
    assert series in built_in(named, MetricCheck("request-success-rate"), [])
    assert series in built_in(named, MetricCheck("request-duration", "30s"), [])


def live(world: World) -> list[Manifest]:
    table = world.cluster.get(ROUTE_TABLE, "test", "podinfo")
    assert table is not None
    routes: list[Manifest] = table["spec"]["routes"]
    return routes


def test_a_good_release_is_promoted_and_a_bad_one_rolled_back() -> None:
    world = initialised(written())
    assert len(world.cluster.select(UPSTREAM)) == 2
    promoted_and_rolled_back(world)
    assert live(world) == [rule(primary=100, canary=0)]


def test_chosen_requests_meet_the_canary_until_it_is_promoted() -> None:
    world = initialised(written({**COUNTED, f"{A}.match": INSIDERS}))
    world.release("v2")
    world.tick(2)
    assert ["matchers" in route for route in live(world)] == [True, True, False]
    world.until(Phase.SUCCEEDED)
    assert live(world) == [rule(primary=100, canary=0)]
