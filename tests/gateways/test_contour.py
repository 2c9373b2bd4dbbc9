"""Contour: the HTTPProxy, asserted whole, and releases over it."""

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
from gateways.contour import CONTOUR, HTTP_PROXY
from tests.core.documents import MISSING
from tests.core.world import World, initialised
from tests.gateways.alike import MARKS, METADATA, behind, promoted_and_rolled_back

A = "spec.analysis"
COUNTED = {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 2}
INSIDERS = [
    {"headers": {"x-user": {"exact": "insider"}, "agent": {"prefix": "Fire(fox)"}}},
    {"queryParams": {"beta": {"regex": "[1-9]"}}, "headers": {"host": {"suffix": ".test"}}},
]


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return behind("contour", changes)


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return CONTOUR.render(canary(changes), None, traffic, MARKS)


def service(role: str, weight: int) -> Manifest:
    name = f"podinfo-{role}"
    override = {"name": "l5d-dst-override", "value": f"{name}.test.svc.cluster.local:80"}
    return {"name": name, "port": 80, "weight": weight, "requestHeadersPolicy": {"set": [override]}}


def split(primary: int, canary: int) -> list[Manifest]:
    return [service("primary", primary), service("canary", canary)]


def test_a_release_at_80_to_20() -> None:
    said = {
        "spec.service.match": [{"uri": {"prefix": "/shop"}}],
        "spec.service.timeout": "15s",
        "spec.service.retries": {"attempts": 3, "perTryTimeout": "5s"},
    }
    assert render(Traffic(20), said) == {
        "apiVersion": "projectcontour.io/v1",
        "kind": "HTTPProxy",
        "metadata": METADATA,
        "spec": {
            "routes": [
                {
                    "conditions": [{"prefix": "/shop"}],
                    "timeoutPolicy": {"response": "15s", "idle": "5m"},
                    "retryPolicy": {"count": 3, "perTryTimeout": "5s"},
                    "services": split(80, 20),
                }
            ]
        },
    }


def test_chosen_requests_have_a_route_for_each_rule_and_everybody_else_stays() -> None:
    matched = canary({**COUNTED, f"{A}.match": INSIDERS}).analysis.match
    assert render(Traffic(100, match=matched), COUNTED)["spec"]["routes"] == [
        {
            "conditions": [
                {"prefix": "/"},
                {"header": {"name": "agent", "regex": r"Fire\(fox\).*"}},
                {"header": {"name": "x-user", "exact": "insider"}},
            ],
            "services": split(0, 100),
        },
        {
            "conditions": [
                {"prefix": "/"},
                {"header": {"name": "host", "regex": r".*\.test"}},
                {"queryParameter": {"name": "beta", "regex": "[1-9]"}},
            ],
            "services": split(0, 100),
        },
        {"conditions": [{"prefix": "/"}], "services": [service("primary", 100)]},
    ]


@pytest.mark.parametrize("weight", [0, 1, 50, 100])
def test_what_was_written_is_read_back_and_changed_in_place(weight: int) -> None:
    live, matched = render(Traffic(weight)), canary({**COUNTED, f"{A}.match": INSIDERS}).analysis.match
    carried = CONTOUR.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    assert CONTOUR.with_traffic(canary(), render(Traffic(30)), Traffic(weight)) == live
    chosen = render(Traffic(100, match=matched))
    taken_back = CONTOUR.with_traffic(canary(), chosen, Traffic(0))
    assert CONTOUR.carried(canary(), taken_back).traffic == Traffic(0)
    assert taken_back["spec"]["routes"][-1] == chosen["spec"]["routes"][-1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"spec.service.match": [{"uri": {"exact": "/shop"}}]}, "takes paths by their prefix only"),
        (
            {"spec.service.match": [{"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/b"}}]},
            "takes one path for all of a release",
        ),
        ({"spec.service.retries": {"attempts": "often"}}, "spec.service.retries.attempts"),
        ({**COUNTED, f"{A}.match": [{"sourceLabels": {"app": "front"}}]}, "by the labels of who sends them"),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "contour can't release by affinity"),
        ({**COUNTED, f"{A}.mirror": True}, "contour can't release by mirror"),
    ],
    ids=["a whole path", "two paths", "no number", "labels", "affinity", "copies"],
)
def test_what_contour_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


def test_the_queries_look_at_the_canary_s_service_by_the_apex_s_name() -> None:
    named = canary({"spec.service.name": "front"})
    series = 'envoy_cluster_name=~"test_front-canary_[0-9a-zA-Z-]+"'
    assert built_in(named, MetricCheck("request-success-rate"), []) == (
        f'(sum(rate(envoy_cluster_upstream_rq{{{series},envoy_response_code!~"5.*"}}[1m])) or vector(0))'
        f" / sum(rate(envoy_cluster_upstream_rq{{{series}}}[1m])) * 100"
    )
    assert built_in(named, MetricCheck("request-duration", "30s"), []) == (
        f"histogram_quantile(0.99, sum(rate(envoy_cluster_upstream_rq_time_bucket{{{series}}}[30s])) by (le))"
    )


def live(world: World) -> list[Manifest]:
    proxy = world.cluster.get(HTTP_PROXY, "test", "podinfo")
    assert proxy is not None
    routes: list[Manifest] = proxy["spec"]["routes"]
    return routes


def test_a_good_release_is_promoted_and_a_bad_one_rolled_back() -> None:
    world = initialised(written())
    promoted_and_rolled_back(world)
    assert live(world)[0]["services"] == split(100, 0)


def test_chosen_requests_meet_the_canary_until_it_is_promoted() -> None:
    world = initialised(written({**COUNTED, f"{A}.match": INSIDERS}))
    world.release("v2")
    world.tick(2)
    assert [len(route["conditions"]) for route in live(world)] == [3, 3, 1]
    world.until(Phase.SUCCEEDED)
    assert live(world) == [{"conditions": [{"prefix": "/"}], "services": split(100, 0)}]
