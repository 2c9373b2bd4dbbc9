"""Linkerd and Open Service Mesh: the TrafficSplit, asserted whole, and releases over it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from automation.questions.metrics.queries import built_in
from documents.front import canary_of
from gateways.registry import gateway_of
from gateways.traffic_split import TRAFFIC_SPLIT, TRAFFIC_SPLITS
from tests.core.world import initialised
from tests.gateways.alike import MARKS, METADATA, behind, promoted_and_rolled_back

A = "spec.analysis"
MESHES = [gateway.provider for gateway in TRAFFIC_SPLITS]


def written(mesh: str, changes: dict[str, Any] | None = None) -> Manifest:
    return behind(mesh, changes)


def canary(mesh: str, changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(mesh, changes))


def render(mesh: str, traffic: Traffic) -> Manifest:
    read = canary(mesh)
    return gateway_of(read).render(read, None, traffic, MARKS)


def backends(primary: int, canary: int) -> Manifest:
    return {
        "service": "podinfo",
        "backends": [
            {"service": "podinfo-primary", "weight": primary},
            {"service": "podinfo-canary", "weight": canary},
        ],
    }


@pytest.mark.parametrize("mesh", MESHES)
def test_a_release_at_80_to_20(mesh: str) -> None:
    assert render(mesh, Traffic(20)) == {
        "apiVersion": "split.smi-spec.io/v1alpha2",
        "kind": "TrafficSplit",
        "metadata": METADATA,
        "spec": backends(80, 20),
    }


@pytest.mark.parametrize("weight", [0, 1, 50, 100])
def test_what_was_written_is_read_back_and_changed_in_place(weight: int) -> None:
    read, live = canary("linkerd"), render("linkerd", Traffic(weight))
    gateway = gateway_of(read)
    carried = gateway.carried(read, live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    assert gateway.with_traffic(read, render("linkerd", Traffic(30)), Traffic(weight)) == live


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {f"{A}.iterations": 2, f"{A}.match": [{"headers": {"x": {"exact": "y"}}}]},
            "linkerd can't release by match",
        ),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "linkerd can't release by affinity"),
    ],
    ids=["chosen requests", "affinity"],
)
def test_what_a_split_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary("linkerd", changes)


@pytest.mark.parametrize(
    ("mesh", "check", "series"),
    [
        (
            "linkerd",
            "request-success-rate",
            'response_total{namespace="test",deployment=~"podinfo",direction="inbound",classification!="failure"}',
        ),
        (
            "linkerd",
            "request-duration",
            'response_latency_ms_bucket{namespace="test",deployment=~"podinfo",direction="inbound"}[1m]',
        ),
        (
            "osm",
            "request-success-rate",
            'osm_request_total{destination_namespace="test",destination_kind="Deployment",'
            'destination_name="podinfo",response_code!~"5.*"}',
        ),
        ("osm", "request-duration", "osm_request_duration_ms_bucket{destination_namespace="),
    ],
)
def test_the_queries_look_at_the_canary_s_own_pods(mesh: str, check: str, series: str) -> None:
    assert series in built_in(canary(mesh), MetricCheck(check), [])


@pytest.mark.parametrize("mesh", MESHES)
def test_a_good_release_is_promoted_and_a_bad_one_rolled_back(mesh: str) -> None:
    world = initialised(written(mesh))
    promoted_and_rolled_back(world)
    split = world.cluster.get(TRAFFIC_SPLIT, "test", "podinfo")
    assert split is not None
    assert split["spec"] == backends(100, 0)
