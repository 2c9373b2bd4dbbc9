"""Retiring: asked for, answered by the driver, and never a moment in which nobody serves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.core.kinds import SERVICE, Kind, Manifest
from automation.core.observation import Target
from automation.core.status import Phase, Purpose, Request
from tests.core.documents import document
from tests.core.world import Killed, World, deployment, initialised


def asked(world: World, verb: str = "retire") -> World:
    world.status = replace(world.status, request=Request(verb, "1", "ann"))
    return world


def test_the_target_serves_before_the_apex_goes_back_and_then_everything_generated_goes() -> None:
    world = asked(initialised(document()))
    world.primary = deployment("podinfo-primary", 3)
    world.tick()
    assert world.status.phase == Phase.TERMINATING
    assert world.target
    assert (world.target.workload.replicas, world.apex) == (3, "primary")
    world.tick()
    assert [intent.kind for intent in world.made_live] == [Purpose.RETIRE, Purpose.REMOVE]
    assert (world.status.phase, world.apex) == (Phase.TERMINATED, "target")
    assert (world.primary, world.route) == (None, None)
    assert world.texts == [
        "Retiring podinfo.test: scaling up podinfo.test",
        "podinfo.test serves again: apex and route went back to it",
        "podinfo.test is retired: what was generated for it is gone",
    ]


def test_primary_serves_for_as_long_as_the_target_is_not_ready() -> None:
    world = asked(initialised(document())).tick()
    world.target = replace(world.target, workload=deployment("podinfo", 1, available=0))  # type: ignore[type-var]
    world.tick(20)
    assert (world.status.phase, world.apex) == (Phase.TERMINATING, "primary")
    assert "0 of 1" in world.texts[-1]
    world.target = replace(world.target, workload=deployment("podinfo", 1))  # type: ignore[type-var]
    world.until(Phase.TERMINATED)


def test_what_is_retired_stays_so_whatever_is_asked_and_released() -> None:
    world = asked(initialised(document()))
    world.until(Phase.TERMINATED)
    before = len(world.made_live)
    for verb in ("retry", "abort", "retire"):
        asked(world, verb).tick()
    world.release("v2")
    world.tick(3)
    assert (world.status.phase, len(world.made_live)) == (Phase.TERMINATED, before)


def test_a_run_is_not_retired_in_the_middle_of_it() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(3)
    asked(world).tick()
    assert world.status.phase == Phase.PROGRESSING
    assert "Nothing to retire for podinfo.test: it is not at rest" in world.texts


@pytest.mark.parametrize("suspend", [False, True], ids=["driven", "suspended"])
def test_a_suspended_canary_can_be_retired(suspend: bool) -> None:
    world = initialised(document())
    world.document = document({"spec.suspend": suspend})
    asked(world).until(Phase.TERMINATED)
    assert world.apex == "target"


def test_what_has_failed_is_not_retired_to_the_revision_that_failed() -> None:
    world = initialised(document({"spec.analysis.threshold": 1}))
    world.answer = lambda seen, check: seen.measured(0.0 if seen.status.traffic.canary else 100.0)
    world.release("v2")
    world.until(Phase.FAILED)
    asked(world).tick()
    assert (world.status.phase, world.apex) == (Phase.FAILED, "primary")
    assert "the target is not at the revision that primary runs; set it back first" in world.texts[-1]
    world.release("v1")
    asked(world).until(Phase.TERMINATED)
    assert world.apex == "target"


class Watched:
    """Sees to it that at no time an apex selects pods that are not ready."""

    def __init__(self, world: World) -> None:
        self.world, self._after = world, world.cluster.after
        world.cluster.after = self.after

    def after(self, verb: str, kind: Kind, body: Manifest) -> None:
        self._after(verb, kind, body)
        if kind == SERVICE and body["metadata"]["name"] == "podinfo":
            serving = self.world.target and self.world.target.workload
            if self.world.apex == "primary":
                serving = self.world.primary
            assert serving
            assert serving.available > 0


DISTURBANCES = st.sampled_from(
    ["die", "target down", "target up", "again", "abort", "apex", "route", "primary", "wait"]
)


def disturb(world: World, what: str, acts: int) -> None:
    target: Any = world.target
    match what:
        case "die":
            world.lives = acts
        case "target down":
            world.target = replace(target, workload=deployment("podinfo", 1, available=0))
        case "target up":
            world.target = replace(target, workload=deployment("podinfo", 1))
        case "again":
            asked(world)
        case "abort":
            asked(world, "abort")
        case "route":
            world.route = None
        case "primary" if world.apex == "target":
            world.primary = None
        case "apex" if world.primary:
            world.apex = "primary"


@settings(max_examples=80)
@given(st.lists(st.tuples(DISTURBANCES, st.integers(0, 12)), max_size=10))
def test_whatever_disturbs_it_it_ends_retired_and_somebody_always_serves(
    disturbances: list[tuple[str, int]],
) -> None:
    world = asked(initialised(document()))
    Watched(world)
    for what, acts in disturbances:
        disturb(world, what, acts)
        try:
            world.tick()
        except Killed:
            world.now += world.canary.analysis.interval
        finally:
            world.lives = None
    if world.status.phase not in (Phase.TERMINATING, Phase.TERMINATED):
        asked(world)
    if world.status.phase is not Phase.TERMINATED:
        disturb(world, "target up", 0)
        world.until(Phase.TERMINATED)
    assert (world.primary, world.route, world.apex) == (None, None, "target")


def test_a_primary_that_is_lost_while_it_carries_the_traffic_is_made_again() -> None:
    world = asked(initialised(document())).tick()
    target: Any = world.target
    world.target = replace(target, workload=deployment("podinfo", 1, available=0))
    world.primary = None
    world.tick(2)
    assert world.primary is not None
    assert (world.status.phase, world.apex) == (Phase.TERMINATING, "primary")


def test_the_way_back_to_what_primary_runs_is_a_command() -> None:
    world = initialised(document())
    world.target = Target(replace(deployment("podinfo"), container="podinfod", image="podinfo:2"), "v2")
    world.primary = replace(
        world.primary or deployment("podinfo-primary"), container="podinfod", image="podinfo:1"
    )
    asked(world).tick()
    told = "set it back first: kubectl -n test set image deployment/podinfo podinfod=podinfo:1"
    assert any(told in text for text in world.texts), world.texts
