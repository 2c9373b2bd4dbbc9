"""Kuma: the MeshHTTPRoute, asserted whole, and releases over it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from automation.questions.metrics.queries import built_in
from documents.front import canary_of
from gateways.kuma import KUMA, MESH, MESH_HTTP_ROUTE
from tests.core.documents import MISSING
from tests.core.world import initialised
from tests.gateways.alike import MARKS, METADATA, behind, promoted_and_rolled_back

S, A = "spec.service", "spec.analysis"
COUNTED = {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 2}
EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}
INSIDERS = {"headers": {"x-user": {"exact": "insider"}}, "queryParams": {"beta": {"regex": "[1-9]"}}}


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return behind("kuma", changes)


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return KUMA.render(canary(changes), None, traffic, MARKS)


def service(name: str) -> Manifest:
    return {"kind": "MeshService", "name": f"{name}_test_svc_80"}


def split(primary: int, canary: int) -> Manifest:
    shares = [
        {**service("podinfo-primary"), "weight": primary},
        {**service("podinfo-canary"), "weight": canary},
    ]
    return {"backendRefs": shares}


def rules(route: Manifest) -> list[Manifest]:
    [to] = route["spec"]["to"]
    return list(to["rules"])


def test_a_release_at_80_to_20() -> None:
    said = {f"{S}.match": [{"uri": {"prefix": "/shop"}}]}
    matches = [{"path": {"type": "PathPrefix", "value": "/shop"}}]
    assert render(Traffic(20), said) == {
        "apiVersion": "kuma.io/v1alpha1",
        "kind": "MeshHTTPRoute",
        "metadata": {**METADATA, "labels": {MESH: "default"}},
        "spec": {
            "to": [
                {
                    "targetRef": service("podinfo"),
                    "rules": [{"matches": matches, "default": split(80, 20)}],
                }
            ]
        },
    }


def test_the_mesh_is_that_of_the_document() -> None:
    live = render(Traffic(20), {"metadata.annotations": {MESH: "shop"}})
    assert live["metadata"]["labels"] == {MESH: "shop"}


def test_chosen_requests_come_first_and_everybody_else_stays() -> None:
    matched = canary({**COUNTED, f"{A}.match": [INSIDERS]}).analysis.match
    insiders = {
        "headers": [{"type": "Exact", "name": "x-user", "value": "insider"}],
        "queryParams": [{"type": "RegularExpression", "name": "beta", "value": "[1-9]"}],
    }
    assert rules(render(Traffic(100, match=matched), COUNTED)) == [
        {"matches": [{**EVERYTHING, **insiders}], "default": split(0, 100)},
        {
            "matches": [EVERYTHING],
            "default": {"backendRefs": [{**service("podinfo-primary"), "weight": 100}]},
        },
    ]


@pytest.mark.parametrize("weight", [0, 1, 50, 100])
def test_what_was_written_is_read_back_and_changed_in_place(weight: int) -> None:
    live, matched = render(Traffic(weight)), canary({**COUNTED, f"{A}.match": [INSIDERS]}).analysis.match
    carried = KUMA.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    assert KUMA.with_traffic(canary(), render(Traffic(30)), Traffic(weight)) == live
    chosen = render(Traffic(100, match=matched))
    taken_back = KUMA.with_traffic(canary(), chosen, Traffic(0))
    assert KUMA.carried(canary(), taken_back).traffic == Traffic(0)
    assert rules(taken_back)[-1] == rules(chosen)[-1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {f"{S}.match": [{"headers": {"x": {"exact": "y"}}}]},
            "can't tell the requests of a release by headers",
        ),
        ({f"{S}.match": [{"uri": {"suffix": "x"}}]}, r"match\[0\].uri.suffix: Kuma can't tell"),
        (
            {**COUNTED, f"{A}.match": [{"sourceLabels": {"app": "front"}}]},
            "Kuma can't tell requests by the labels of who sends them",
        ),
        ({f"{A}.mirror": True}, "kuma can't release by mirror"),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "kuma can't release by affinity"),
    ],
    ids=["headers of all", "a suffix", "labels", "a mirror", "affinity"],
)
def test_what_kuma_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


@pytest.mark.parametrize(
    ("check", "scope", "series"),
    [
        (
            "request-success-rate",
            "canary",
            'envoy_cluster_upstream_rq{service=~"podinfo-canary_test_svc_[0-9a-zA-Z-]+",envoy_response_code!~"5.*"}',
        ),
        (
            "request-duration",
            "route",
            'envoy_cluster_upstream_rq_time_bucket{service=~"podinfo-(primary|canary)_test_svc_[0-9a-zA-Z-]+"}[1m]',
        ),
    ],
)
def test_the_queries_look_at_the_canary_s_service(check: str, scope: Any, series: str) -> None:
    assert series in built_in(canary(), MetricCheck(check, scope=scope), [])


def test_a_good_release_is_promoted_and_a_bad_one_rolled_back() -> None:
    world = initialised(written())
    promoted_and_rolled_back(world)
    route = world.cluster.get(MESH_HTTP_ROUTE, "test", "podinfo")
    assert route is not None
    assert rules(route)[0]["default"] == split(100, 0)
