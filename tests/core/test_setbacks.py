"""Steps whose objects the API server refuses: in force together or not at all, and not tried again and again."""

from __future__ import annotations

import pytest

from automation.core.decide import Veto
from automation.core.kinds import SERVICE, Kind, Manifest
from automation.core.observation import Target
from automation.core.status import Phase
from automation.errors import UpdateFailed
from gateways.apisix import ROUTE
from tests.core.documents import document
from tests.core.world import World, deployment, initialised
from workloads.horizontal import AUTOSCALER

SECOND = {"spec.analysis.interval": "1s"}


class Refusing:
    """An API server that takes no object of a kind, and what became of the apex meanwhile."""

    def __init__(self, world: World, refused: Kind) -> None:
        self._refused: Kind | None = refused
        self._before = world.cluster.before
        self.asked = 0
        self.led: list[Manifest] = []
        world.cluster.before = self.before

    def before(self, verb: str, kind: Kind, body: Manifest) -> None:
        if kind == self._refused and verb == "apply":
            self.asked += 1
            raise UpdateFailed("exceeded quota")
        if kind == SERVICE and verb == "apply" and body["metadata"]["name"] == "podinfo":
            self.led.append(body["spec"]["selector"])
        self._before(verb, kind, body)

    def relent(self) -> None:
        self._refused = None


def seconds(world: World, count: int) -> None:
    for _ in range(count):
        world.ticked()
        world.now += 1


@pytest.mark.parametrize("refused", [ROUTE, AUTOSCALER], ids=["route", "autoscaler"])
def test_the_apex_stays_where_it_is_while_another_object_of_its_step_is_refused(refused: Kind) -> None:
    world = World(document(SECOND), target=Target(deployment("podinfo"), "v1"), scaler_min=1)
    refusing = Refusing(world, refused)
    seconds(world, 60)
    assert {"app": "podinfo-primary"} not in refusing.led
    assert (world.apex, world.status.phase) == ("target", Phase.INITIALIZING)
    assert world.texts.count("exceeded quota") == 1
    assert 4 <= refusing.asked <= 16  # twice a step, the second time after a refresh
    refusing.relent()
    seconds(world, 70)
    assert (world.apex, world.status.phase) == ("primary", Phase.INITIALIZED)


def test_a_step_that_is_refused_in_mid_run_is_said_once_and_moves_nothing() -> None:
    world = initialised(document(SECOND), scaler_min=1)
    world.release("v2")
    world.tick(3)
    weight = world.status.canary_weight
    assert weight > 0
    refusing = Refusing(world, AUTOSCALER)
    seconds(world, 40)
    assert (world.status.canary_weight, world.route and world.route.traffic.canary) == (weight, weight)
    assert world.texts.count("exceeded quota") == 1
    refusing.relent()
    world.until(Phase.SUCCEEDED, ticks=100)


def test_a_rollback_waits_for_no_pause() -> None:
    world = initialised(document({**SECOND, "spec.analysis.threshold": 2}), scaler_min=1)
    world.release("v2")
    world.tick(3)
    refusing = Refusing(world, AUTOSCALER)
    seconds(world, 20)
    refusing.relent()
    world.answer = lambda seen, check: seen.measured(0.0)
    seconds(world, 12)  # two samples
    assert world.status.traffic.canary == 0


def test_a_policy_that_refuses_again_and_again_is_said_once() -> None:
    world = initialised(document(SECOND))
    world.release("v2")
    world.tick(3)
    world.policy = lambda intent: Veto("pinned", "the image has no digest")
    seconds(world, 30)
    refused = "Halt podinfo.test advancement policy pinned: the image has no digest"
    assert world.texts.count(refused) == 1
    world.policy = lambda intent: None
    world.until(Phase.SUCCEEDED, ticks=100)


def test_a_run_that_can_not_take_its_first_step_says_once_that_it_starts() -> None:
    world = initialised(document({**SECOND, "spec.progressDeadlineSeconds": 20}))
    world.release("v2")
    refusing = Refusing(world, ROUTE)
    seconds(world, 15)
    assert world.texts.count("Starting canary analysis for podinfo.test") == 1
    refusing.relent()
    world.until(Phase.SUCCEEDED)
    assert world.texts.count("Starting canary analysis for podinfo.test") == 1
