"""Canaries that come from another driver, and those that leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.observation import Route, Target
from automation.core.status import Phase, Placement, Purpose, Request, Status
from automation.core.traffic import ALL_ON_PRIMARY
from tests.core.documents import document
from tests.core.world import World, deployment

TAKEN_OVER = [
    "canary deployment podinfo.test not ready: waiting for rollout to finish: "
    "0 of 2 (readyThreshold 100%) updated replicas are available",
    "Initialization done! podinfo.test",
]


def theirs(phase: Phase, image: str = "podinfo:1") -> World:
    """A Canary as the model leaves it: primary serves, the target is at zero, nothing is recorded."""
    return World(
        document(),
        Status(phase=phase, last_applied_spec="84f7c", last_promoted_spec="84f7c"),
        target=Target(replace(deployment("podinfo", 0), container="podinfod", image=image), "v1"),
        primary=replace(deployment("podinfo-primary", 2), image="podinfo:1"),
        route=Route(ALL_ON_PRIMARY, ""),
        apex="primary",
    )


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.NONE])
def test_a_canary_from_another_driver_is_initialised_anew_while_its_target_serves(phase: Phase) -> None:
    world = theirs(phase).tick()
    assert world.made_live == []
    assert world.target
    assert world.target.workload.replicas == 2
    world.target = replace(world.target, workload=deployment("podinfo", 2, available=0))
    world.tick()
    assert (world.apex, world.made_live) == ("primary", [])
    world.target = replace(world.target, workload=deployment("podinfo", 2))
    world.until(Phase.INITIALIZED)
    assert [intent.kind for intent in world.made_live] == [Purpose.INITIALISE, Purpose.APEX]
    assert (world.recorded, world.status.last_promoted_spec) == (["v1"], "v1")
    assert [text for text in world.texts if "metrics providers" not in text] == TAKEN_OVER
    world.release("v2")
    world.until(Phase.SUCCEEDED)


def test_a_target_that_differs_from_what_primary_serves_is_not_taken_over() -> None:
    world = theirs(Phase.SUCCEEDED, image="podinfo:2").tick(3)
    assert world.made_live == []
    assert world.target
    assert world.target.workload.replicas == 0
    assert world.texts[0].endswith(
        "has podinfo:2 while primary serves podinfo:1. Set the target to what primary serves: "
        "kubectl -n test set image deployment/podinfo podinfod=podinfo:1. Once it is Initialized, release with: "
        "kubectl -n test set image "
        "deployment/podinfo podinfod=podinfo:2"
    )
    assert "podinfo:2" in world.decision().obstacle


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.PROGRESSING, Phase.PROMOTING, Phase.WAITING_PROMOTION])
def test_another_drivers_run_is_not_ours_to_end(phase: Phase) -> None:
    world = theirs(phase).tick(2)
    assert world.made_live == []
    assert world.status.phase == phase
    assert f"podinfo.test is {phase} and nothing of it is recorded" in world.texts[0]


def test_what_is_retired_is_left_alone() -> None:
    world = theirs(Phase.TERMINATED)
    world.status = replace(
        world.status,
        in_force=Placement("a", "target", ALL_ON_PRIMARY, ""),
        request=Request("abort", "1"),
    )
    world.primary = world.route = None
    world.tick(3)
    assert (world.made_live, world.texts, world.recorded) == ([], [], [])
