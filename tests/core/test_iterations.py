"""Releases that count checks: A/B for chosen requests, Blue/Green, and mirroring before any user sees the canary."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.status import Phase
from automation.core.traffic import Traffic
from gateways.apisix import ROUTE
from tests.core.documents import MISSING, document
from tests.core.world import Killed, World, initialised

A = "spec.analysis"
INSIDERS = {"headers": {"x-canary": {"exact": "insider"}}}
CHOSEN = (json.dumps(INSIDERS, sort_keys=True),)


def counted(**analysis: Any) -> World:
    """A release of v2 by three iterations."""
    fields = {f"{A}.{name}": value for name, value in analysis.items()}
    written = document(
        {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 3, **fields}
    )
    world = initialised(written)
    world.release("v2")
    return world


def live(world: World) -> list[Manifest]:
    route = world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary")
    assert route is not None
    rules: list[Manifest] = route["spec"]["http"]
    return rules


def traffics(world: World) -> list[Traffic]:
    """What was in force, one after the other."""
    made = [Traffic(), *(intent.placement.traffic for intent in world.made_live)]
    return [traffic for at, traffic in enumerate(made) if at == 0 or traffic != made[at - 1]]


def advances(world: World) -> list[str]:
    return [text for text in world.texts if text.startswith(("Advance", "Routing", "Stop", "Copying"))]


def test_chosen_requests_meet_the_canary_for_as_many_checks_as_the_document_says() -> None:
    world = counted(match=[INSIDERS]).until(Phase.SUCCEEDED)
    assert traffics(world) == [Traffic(), Traffic(100, match=CHOSEN), Traffic()]
    assert advances(world) == [
        "Advance podinfo.test canary iteration 1/3",
        "Advance podinfo.test canary iteration 2/3",
        "Advance podinfo.test canary iteration 3/3",
        "Copying podinfo.test template spec to podinfo-primary.test",
        "Routing all traffic to primary",
    ]
    assert world.primary_revision == "v2"


def test_nobody_else_meets_it() -> None:
    world = counted(match=[INSIDERS]).tick(3)
    chosen, others = live(world)
    assert chosen["match"]["exprs"] == [
        {"subject": {"scope": "Header", "name": "x-canary"}, "op": "Equal", "value": "insider"}
    ]
    assert [(b["serviceName"], b["weight"]) for b in chosen["backends"]] == [
        ("podinfo-primary", 0),
        ("podinfo-canary", 100),
    ]
    assert [(b["serviceName"], b["weight"]) for b in others["backends"]] == [("podinfo-primary", 100)]
    assert chosen["priority"] > others["priority"]
    assert world.status.canary_weight == 0


def test_an_iteration_that_moves_no_traffic_needs_no_update() -> None:
    world = counted(match=[INSIDERS]).tick(2)
    made = len(world.made_live)
    world.tick(2)
    assert (world.status.iterations, len(world.made_live)) == (3, made)


def test_a_bad_answer_to_chosen_requests_takes_them_back() -> None:
    world = counted(match=[INSIDERS], threshold=1).tick(2)
    world.answer = lambda seen, check: seen.measured(0.0)
    world.until(Phase.FAILED)
    assert [len(rule["backends"]) for rule in live(world)] == [2]
    assert traffics(world)[-1] == Traffic()
    assert (world.status.iterations, world.primary_revision) == (0, "v1")


def test_blue_green_switches_everybody_at_once_and_looks_once_more() -> None:
    world = counted().until(Phase.SUCCEEDED)
    assert traffics(world) == [Traffic(), Traffic(100), Traffic()]
    assert advances(world) == [
        "Advance podinfo.test canary iteration 1/3",
        "Advance podinfo.test canary iteration 2/3",
        "Advance podinfo.test canary iteration 3/3",
        "Routing all traffic to canary",
        "Copying podinfo.test template spec to podinfo-primary.test",
        "Routing all traffic to primary",
    ]


def test_blue_green_that_fails_on_live_traffic_goes_back() -> None:
    world = counted(threshold=1)
    world.answer = lambda seen, check: seen.measured(0.0 if seen.status.traffic.canary else 100.0)
    world.until(Phase.FAILED)
    assert traffics(world) == [Traffic(), Traffic(100), Traffic()]


def test_blue_green_may_mirror_before_it_switches() -> None:
    world = counted(mirror=True, mirrorWeight=40).tick(2)
    (rule,) = live(world)
    assert rule["plugins"][-1] == {
        "name": "proxy-mirror",
        "enable": True,
        "config": {"host": "http://podinfo-canary.test:80", "sample_ratio": 0.4},
    }
    world.until(Phase.SUCCEEDED)
    assert traffics(world) == [Traffic(), Traffic(mirror=40), Traffic(100), Traffic()]
    assert "Stop traffic mirroring and route all traffic to canary" in world.texts
    assert [plugin["name"] for plugin in live(world)[0]["plugins"]] == ["prometheus"]


def test_a_weighted_release_may_mirror_first() -> None:
    world = initialised(document({f"{A}.mirror": True, f"{A}.stepWeight": 20, f"{A}.maxWeight": 40}))
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    expected = [Traffic(), Traffic(mirror=100), Traffic(20), Traffic(40), Traffic()]
    assert traffics(world) == expected
    assert [text for text in world.texts if "canary weight" in text] == [
        "Advance podinfo.test canary weight 0",
        "Advance podinfo.test canary weight 20",
        "Advance podinfo.test canary weight 40",
    ]


def test_who_turns_the_weights_of_chosen_requests_is_put_right() -> None:
    world = counted(match=[INSIDERS], iterations=9).tick(2)
    route = world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary")
    assert route is not None
    chosen, others = route["spec"]["http"]
    backends = [{**backend, "weight": 50} for backend in chosen["backends"]]
    spec = {**route["spec"], "http": [{**chosen, "backends": backends}, others]}
    world.cluster.put(ROUTE, {**route, "spec": spec})
    world.tick()
    assert [backend["weight"] for backend in live(world)[0]["backends"]] == [0, 100]


def test_who_takes_the_rule_of_everybody_else_away_is_put_right() -> None:
    world = counted(match=[INSIDERS], iterations=9).tick(2)
    route = world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary")
    assert route is not None
    world.cluster.put(ROUTE, {**route, "spec": {**route["spec"], "http": route["spec"]["http"][:1]}})
    world.tick()
    assert len(live(world)) == 2


def test_a_change_of_the_target_in_mid_run_takes_chosen_requests_back_first() -> None:
    world = counted(match=[INSIDERS]).tick(2)
    world.release("v3")
    world.until(Phase.SUCCEEDED)
    assert traffics(world)[1:4] == [Traffic(100, match=CHOSEN), Traffic(), Traffic(100, match=CHOSEN)]
    assert world.primary_revision == "v3"


@pytest.mark.parametrize("lives", range(1, 12))
def test_a_driver_that_dies_goes_on_where_it_was(lives: int) -> None:
    world = counted(match=[INSIDERS])
    world.lives = lives
    with suppress(Killed):
        world.until(Phase.SUCCEEDED)
    world.lives = None
    world.until(Phase.SUCCEEDED)
    assert (world.primary_revision, traffics(world)[-1]) == ("v2", Traffic())


def test_what_no_part_of_the_release_reads_is_told_when_a_run_starts() -> None:
    world = initialised(document({"spec.service.retries": {"attempts": 3}, f"{A}.iterations": 2}))
    world.release("v2")
    world.tick()
    assert "spec.service.retries is ignored: provider apisix does not read it" in world.texts
    assert "analysis.stepWeight is ignored: the release goes by blue-green" in world.texts


def test_a_document_without_a_gateway_is_released_over_that_of_the_environment() -> None:
    fields = {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 3}
    unnamed = document(
        {"spec.provider": MISSING, "spec.routeRef": MISSING, f"{A}.metrics": MISSING, **fields}
    )
    world = World(unnamed, provider="kubernetes").until(Phase.INITIALIZED)
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.cluster.select(ROUTE) == []


def test_chosen_requests_meet_the_canary_beside_its_share_until_the_run_ends() -> None:
    world = initialised(document({f"{A}.chosen": [INSIDERS], f"{A}.stepWeight": 50}))
    world.release("v2")
    world.tick(2)
    assert len(world.status.traffic.managed) == 1
    rules = {rule["name"]: rule for rule in live(world)}
    assert [one["subject"]["name"] for one in rules["method-chosen-0"]["match"]["exprs"]] == ["x-canary"]
    assert {one["serviceName"] for one in rules["method-chosen-0"]["backends"]} == {"podinfo-canary"}
    world.until(Phase.SUCCEEDED)
    assert world.status.traffic == Traffic()
    assert "method-chosen-0" not in [rule["name"] for rule in live(world)]
