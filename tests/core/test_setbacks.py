"""Steps whose objects the API server refuses: in force together or not at all, and not tried again and again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.decide import Veto
from automation.core.kinds import SERVICE, Kind, Manifest
from automation.core.observation import Target
from automation.core.status import Phase, Purpose, Request
from automation.driver.tick import Failing
from automation.errors import ClusterRefused, StackLocked
from automation.inmemory.stacks import Update
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
            raise ClusterRefused("exceeded quota")
        if kind == SERVICE and verb == "apply" and body["metadata"]["name"] == "podinfo":
            self.led.append(body["spec"]["selector"])
        self._before(verb, kind, body)

    def relent(self) -> None:
        self._refused = None


def seconds(world: World, count: int) -> None:
    for _ in range(count):
        world.ticked()
        world.now += 1


def told(world: World) -> int:
    """How often it was said that an object is refused."""
    return sum("exceeded quota" in text for text in world.texts)


def aborted(world: World) -> World:
    """A run whose abort is asked for."""
    world.status = replace(world.status, request=Request("abort"))
    return world


def locked(update: Update) -> None:
    raise StackLocked("stack dev.test.podinfo is locked")


def begun() -> World:
    """A run that has not led anybody to the canary yet."""
    world = initialised(document(SECOND), scaler_min=1)
    world.release("v2")
    world.tick()
    assert (world.status.phase, world.status.canary_weight) == (Phase.PROGRESSING, 0)
    return world


@pytest.mark.parametrize("refused", [ROUTE, AUTOSCALER], ids=["route", "autoscaler"])
def test_the_apex_stays_where_it_is_while_another_object_of_its_step_is_refused(refused: Kind) -> None:
    world = World(document(SECOND), target=Target(deployment("podinfo"), "v1"), scaler_min=1)
    refusing = Refusing(world, refused)
    seconds(world, 60)
    assert {"app": "podinfo-primary"} not in refusing.led
    assert (world.apex, world.status.phase) == ("target", Phase.INITIALIZING)
    assert told(world) == 1
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
    assert told(world) == 1
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


def test_a_rollback_that_is_refused_while_its_traffic_is_back_is_said_once_and_tried_again_with_pauses() -> (
    None
):
    world = aborted(begun())
    refusing = Refusing(world, ROUTE)
    seconds(world, 60)
    assert (world.status.phase, world.status.ending) == (Phase.PROGRESSING, "Aborted")
    assert told(world) == 1
    assert 6 <= refusing.asked <= 24  # an update, another after a refresh, and a patch, seven times
    trouble = world.ticked().trouble
    assert isinstance(trouble, Failing)
    assert "nor could its route be patched: exceeded quota" in trouble.text
    refusing.relent()
    seconds(world, 70)
    assert (world.status.phase, world.status.conditions[0].reason) == (Phase.FAILED, "Aborted")


def test_a_rollback_that_is_refused_while_users_wait_for_it_is_tried_on_every_tick_and_said_once() -> None:
    world = initialised(document(SECOND))
    world.release("v2")
    world.tick(3)
    assert world.status.canary_weight > 0
    refusing = Refusing(aborted(world), ROUTE)
    world.ticked()
    asked = refusing.asked
    assert asked > 3
    for tick in range(2, 6):
        world.ticked()
        assert refusing.asked >= tick * (asked - 1)  # once it was refreshed, and that was no help
    assert told(world) == 1
    refusing.relent()
    world.ticked()
    assert (world.status.phase, world.status.traffic.canary) == (Phase.FAILED, 0)


def test_a_run_ends_at_once_where_its_stack_refuses_something_else_and_its_traffic_is_back() -> None:
    world = aborted(begun())
    Refusing(world, AUTOSCALER)
    before = world.now
    world.ticked()
    assert (world.status.phase, world.now) == (Phase.FAILED, before)


def test_a_route_that_was_patched_for_a_locked_stack_is_not_repaired_as_if_somebody_had_changed_it() -> None:
    world = initialised(document(SECOND))
    world.release("v2")
    world.tick(3)
    assert world.status.canary_weight > 0
    aborted(world)
    world.stacks.begin = locked
    seconds(world, 5)
    assert world.status.phase is Phase.FAILED
    world.stacks.begin = lambda update: None
    seconds(world, 5)
    assert any("up to date with the live route again" in text for text in world.texts)
    assert not any("written anew" in text or "put back" in text for text in world.texts)
    assert Purpose.REPAIR not in [intent.kind for intent in world.made_live]


def test_what_retiring_takes_away_is_not_asked_for_again_and_again() -> None:
    world = initialised(document(SECOND))
    world.status = replace(world.status, request=Request("retire"))
    refusing = Refusing(world, SERVICE)
    seconds(world, 60)
    assert world.status.phase is Phase.TERMINATING
    assert told(world) == 1
    assert refusing.asked <= 60
    refusing.relent()
    seconds(world, 70)
    assert world.status.phase is Phase.TERMINATED


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
