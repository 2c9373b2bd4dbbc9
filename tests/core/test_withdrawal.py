"""A canary that is not what was judged any more gets no users, whatever else holds its run up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from automation.core.status import Phase, Purpose
from tests.core.documents import document
from tests.core.world import World, deployment, initialised, split

STEPS = {"spec.analysis.stepWeight": 25, "spec.analysis.stepWeightPromotion": 20}
TOLD = "podinfo.test is not what was judged any more: all traffic goes to podinfo-primary.test"
ALTHOUGH = f"{TOLD}, although its Canary is suspended"
CHANGES: dict[str, Callable[[World], object]] = {
    "another revision": lambda world: world.release("v3"),
    "the promoted revision": lambda world: world.release("v1"),
    "deleted": lambda world: setattr(world, "target", None),
}
whatever_happens = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def reached(phase: Phase, weight: int) -> World:
    """A good release in that phase, with that share of the users on the canary."""
    world = initialised(document(STEPS))
    world.release("v2")
    while (world.status.phase, world.status.canary_weight) != (phase, weight):
        world.tick()
    world.events.clear()
    return world


def suspended(world: World, on: bool = True) -> World:
    world.document = document({**STEPS, "spec.suspend": on})
    return world


def rolling(world: World) -> None:
    """Primary gets its new pods, and the old ones still answer."""
    world.primary = replace(deployment("podinfo-primary", 2), updated=1)


def live(world: World) -> object:
    return world.route and world.route.traffic


@whatever_happens
@pytest.mark.parametrize("weight", [50, 30, 10])
def test_its_share_goes_to_primary_in_one_move_in_mid_promotion(
    change: Callable[[World], object], weight: int
) -> None:
    world = reached(Phase.PROMOTING, weight)
    change(world)
    world.tick()
    assert (live(world), world.primary_revision, world.texts.count(TOLD)) == (split(0), "v2", 1)
    world.until(Phase.SUCCEEDED)
    assert world.status.last_promoted_spec == "v2"


@whatever_happens
def test_it_does_not_wait_for_a_primary_that_is_rolling(change: Callable[[World], object]) -> None:
    world = reached(Phase.PROMOTING, 50)
    rolling(world)
    change(world)
    world.tick()
    assert (live(world), world.made_live[-1].kind) == (split(0), Purpose.RESTART)
    world.primary = deployment("podinfo-primary", 2)
    world.until(Phase.SUCCEEDED)
    assert world.texts.count(TOLD) == 1


def test_it_waits_for_the_first_pod_of_primary_that_answers() -> None:
    world = reached(Phase.PROMOTING, 50)
    world.primary = deployment("podinfo-primary", 2, available=0)
    world.release("v3")
    world.tick()
    assert live(world) == split(50)
    world.primary = deployment("podinfo-primary", 2, available=1)
    world.tick()
    assert live(world) == split(0)


@whatever_happens
@pytest.mark.parametrize(("phase", "weight"), [(Phase.PROMOTING, 50), (Phase.PROGRESSING, 25)])
def test_a_suspension_does_not_keep_users_on_it(
    phase: Phase, weight: int, change: Callable[[World], object]
) -> None:
    world = suspended(reached(phase, weight))
    change(world)
    world.tick(5)
    assert (live(world), world.status.phase) == (split(0), phase)
    (told,) = [event for event in world.events if event.text == ALTHOUGH]
    assert told.type == "Warning"
    assert world.made_live[-1].kind is Purpose.RESTART


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.PROGRESSING])
def test_a_suspension_holds_the_share_of_what_was_judged(phase: Phase) -> None:
    world = suspended(reached(phase, 50))
    world.tick(3)
    assert (live(world), world.texts) == (split(50), ["skipping canary run as object is suspended"])


def test_what_was_pushed_under_a_suspension_gets_its_run_after_it() -> None:
    world = suspended(reached(Phase.PROMOTING, 50))
    world.release("v3")
    world.tick(2)
    suspended(world, on=False).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"
    world.until(Phase.PROGRESSING).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v3"


def test_it_leaves_while_a_failed_promotion_is_given_up_too() -> None:
    world = reached(Phase.PROMOTING, 50)
    world.primary = replace(deployment("podinfo-primary", 2, available=1), expired=True)
    world.tick()
    assert (live(world), world.primary_revision) == (split(50), "v1")
    world.release("v3")
    world.tick()
    assert (live(world), world.status.phase) == (split(0), Phase.PROMOTING)
    world.primary = deployment("podinfo-primary", 2)
    world.until(Phase.FAILED)
    assert world.primary_revision == "v1"
