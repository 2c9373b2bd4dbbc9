"""Traefik: the TraefikService, asserted whole, and releases over it."""

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
from gateways.traefik import TRAEFIK, TRAEFIK_SERVICE
from tests.components.documents import OWNER
from tests.core.world import World, initialised
from tests.gateways.alike import FLUX, MARKS, behind

A = "spec.analysis"


def written(changes: dict[str, Any] | None = None) -> Manifest:
    """The shape of Flagger's own documents for Traefik."""
    return behind("traefik", changes)


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return TRAEFIK.render(canary(changes), None, traffic, MARKS)


def weighted(**weights: int) -> Manifest:
    services = [{"name": f"podinfo-{role}", "port": 80, "weight": weight} for role, weight in weights.items()]
    return {"weighted": {"services": services}}


def test_the_article_s_service_at_80_to_20() -> None:
    meta = {"spec.service.apex": {"labels": {"team": "web"}, "annotations": {"note": "x"}}}
    assert render(Traffic(20), meta) == {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "TraefikService",
        "metadata": {
            "name": "podinfo",
            "namespace": "test",
            "labels": {"team": "web"},
            "annotations": {"note": "x", **FLUX, "attempt": "1"},
            "ownerReferences": [OWNER],
        },
        "spec": weighted(primary=80, canary=20),
    }


@pytest.mark.parametrize(
    ("traffic", "spec"),
    [
        (Traffic(0), weighted(primary=100)),
        (Traffic(100), weighted(primary=0, canary=100)),
        (
            Traffic(mirror=40),
            {
                "mirroring": {
                    "name": "podinfo-primary",
                    "port": 80,
                    "mirrors": [{"name": "podinfo-canary", "port": 80, "percent": 40}],
                }
            },
        ),
    ],
    ids=["a canary without pods must not stand there", "everybody", "copies"],
)
def test_who_reaches_the_canary(traffic: Traffic, spec: Manifest) -> None:
    live = render(traffic)
    assert live["spec"] == spec
    carried = TRAEFIK.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(traffic.canary), True)
    assert TRAEFIK.with_traffic(canary(), render(Traffic(20)), traffic) == live
    assert TRAEFIK.with_traffic(canary(), live, Traffic(20)) == render(Traffic(20))


def test_the_port_is_that_of_the_services() -> None:
    spec = render(Traffic(20), {"spec.service.port": 8080})["spec"]
    assert [one["port"] for one in spec["weighted"]["services"]] == [8080, 8080]


@pytest.mark.parametrize(
    ("spec", "share"),
    [
        (weighted(primary=100, canary=100), 50),
        (weighted(primary=1, canary=3), 75),
        (weighted(canary=1), 100),
        (weighted(primary=50), 0),
        ({}, 0),
    ],
    ids=["as Flagger repairs it in mid-run", "of other sums", "alone", "primary alone", "nothing"],
)
def test_weights_that_do_not_sum_to_100_are_read_as_traefik_takes_them(spec: Manifest, share: int) -> None:
    carried = TRAEFIK.carried(canary(), {**render(Traffic(20)), "spec": spec})
    assert (carried.traffic, carried.exact) == (Traffic(share), False)


def test_a_document_names_no_route() -> None:
    read = canary()
    assert (read.provider, read.route, read.route_name) == ("traefik", None, "podinfo")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {f"{A}.iterations": 2, f"{A}.match": [{"headers": {"x": {"exact": "y"}}}]},
            "traefik can't release by match",
        ),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "traefik can't release by affinity"),
    ],
    ids=["chosen requests", "affinity"],
)
def test_what_traefik_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


def test_the_queries_look_at_the_canary_s_service_by_the_apex_s_name() -> None:
    named = canary({"spec.service.name": "front"})
    series = 'service=~"test-front-canary-[0-9a-zA-Z-]+@kubernetescrd"'
    bucket = "traefik_service_request_duration_seconds_bucket"
    assert built_in(named, MetricCheck("request-success-rate"), []) == (
        f'(sum(rate({bucket}{{{series},code!~"5..",le="+Inf"}}[1m])) or vector(0))'
        f' / sum(rate({bucket}{{{series},le="+Inf"}}[1m])) * 100'
    )
    assert built_in(named, MetricCheck("request-duration", "30s"), []) == (
        f"histogram_quantile(0.99, sum(rate({bucket}{{{series}}}[30s])) by (le)) * 1000"
    )
    whole = built_in(named, MetricCheck("request-duration", scope="route"), [])
    assert 'service=~"test-front-(primary|canary)-[0-9a-zA-Z-]+@kubernetescrd"' in whole


def released(changes: dict[str, Any] | None = None) -> World:
    world = initialised(written(changes))
    world.release("v2")
    return world


def live(world: World) -> Manifest:
    service = world.cluster.get(TRAEFIK_SERVICE, "test", "podinfo")
    assert service is not None
    spec: Manifest = service["spec"]
    return spec


def test_a_good_release_is_promoted() -> None:
    world = released().until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]
    assert (world.primary_revision, live(world)) == ("v2", weighted(primary=100))


def test_a_bad_release_is_rolled_back() -> None:
    world = released()
    world.answer = lambda seen, check: seen.measured(40.0 if seen.status.traffic.canary else 100.0)
    world.until(Phase.FAILED)
    assert (world.primary_revision, live(world)) == ("v1", weighted(primary=100))


def test_requests_are_mirrored_before_anybody_meets_the_canary() -> None:
    world = released({f"{A}.mirror": True, f"{A}.mirrorWeight": 30}).tick(2)
    assert live(world)["mirroring"]["mirrors"][0]["percent"] == 30
    assert "weighted" not in live(world)
    world.until(Phase.SUCCEEDED)
    assert live(world) == weighted(primary=100)


def test_who_turns_the_weights_is_put_right_and_the_share_of_the_run_stays() -> None:
    world = released().tick(3)
    service = world.cluster.get(TRAEFIK_SERVICE, "test", "podinfo")
    assert service is not None
    share = world.status.traffic.canary
    world.cluster.put(TRAEFIK_SERVICE, {**service, "spec": weighted(primary=100, canary=100)})
    world.tick()
    assert any("was set to 50/50" in text for text in world.texts)
    assert live(world)["weighted"]["services"][1]["weight"] >= share > 0
