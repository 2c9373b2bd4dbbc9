"""Deleting a Canary: with `revertOnDeletion` users are back on the target first, without it what remains is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from automation.core.kinds import CANARY, SERVICE
from automation.core.marks import FINALIZER
from automation.core.observation import Target
from automation.core.status import Phase
from tests.core.documents import document
from tests.core.world import KEY, World, deployment, initialised

REVERTING = {"spec.revertOnDeletion": True}


def reverting(**changes: Any) -> World:
    return initialised(document({**REVERTING, **changes}))


def delete(world: World) -> None:
    world.cluster.delete(CANARY, *KEY)


def there(world: World) -> bool:
    return world.cluster.get(CANARY, *KEY) is not None


def tick_until_gone(world: World) -> None:
    """Ticks, and sees at each that whom the apex selects can answer."""
    for _ in range(40):
        if not there(world):
            return
        world.tick()
        if there(world):
            serving = world.primary if world.apex == "primary" else world.target and world.target.workload
            assert serving is not None
            assert serving.available > 0
    raise AssertionError("it is still there")


def running(world: World) -> None:
    world.release("v2")
    world.tick(3)
    assert world.status.phase is Phase.PROGRESSING


def failed(world: World) -> None:
    world.answer = lambda seen, check: seen.measured(0.0)
    world.release("v2")
    world.until(Phase.FAILED)


def promoting(world: World) -> None:
    world.release("v2")
    world.until(Phase.PROMOTING)


PHASES: dict[str, Callable[[World], object]] = {
    "at rest": lambda world: world,
    "in a run": running,
    "after a rollback": failed,
    "in a promotion": promoting,
}
in_each_phase = pytest.mark.parametrize("reach", [pytest.param(way, id=name) for name, way in PHASES.items()])


@in_each_phase
def test_users_are_on_the_target_before_a_canary_goes(reach: Callable[[World], object]) -> None:
    world = reverting()
    reach(world)
    world.primary = deployment("podinfo-primary", 3)
    delete(world)
    tick_until_gone(world)
    apex = world.cluster.get(SERVICE, *KEY)
    target = world.cluster.get(world._workload, *KEY)
    assert apex is None or apex["spec"]["selector"] == {"app": "podinfo"}
    assert target is not None
    assert target["spec"]["replicas"] == 3
    assert world.texts[-1] == "Terminated canary podinfo.test"
    assert "Terminating canary podinfo.test" in world.texts


def test_a_revision_that_was_not_promoted_is_named_when_it_gets_all_traffic() -> None:
    world = reverting()
    failed(world)
    delete(world)
    tick_until_gone(world)
    said = [text for text in world.texts if "with a revision that was not promoted" in text]
    assert len(said) == 1


def test_the_finalizer_comes_and_goes_with_the_field() -> None:
    world = initialised(document())
    assert finalizers(world) == []
    world.document = document(REVERTING)
    world.tick()
    assert finalizers(world) == [FINALIZER]
    world.document = document()
    world.tick()
    assert finalizers(world) == []


def test_finalizers_of_others_are_left_alone() -> None:
    world = initialised(document())
    live = world.cluster.get(CANARY, *KEY)
    assert live is not None
    world.cluster.patch(CANARY, *KEY, {"metadata": {"finalizers": ["example.com/backup"]}})
    world.document = {
        **document(REVERTING),
        "metadata": {**live["metadata"], "finalizers": ["example.com/backup"]},
    }
    world.tick()
    assert finalizers(world) == ["example.com/backup", FINALIZER]
    delete(world)
    for _ in range(5):
        world.tick()
    assert finalizers(world) == ["example.com/backup"]


def test_a_canary_whose_target_is_gone_too_is_let_go() -> None:
    world = reverting()
    world.target = None
    delete(world)
    world.tick()
    assert not there(world)


def test_a_canary_that_was_never_initialised_is_let_go() -> None:
    world = World(document(REVERTING), target=Target(deployment("podinfo", available=0), "v1"))
    world.tick(2)
    delete(world)
    tick_until_gone(world)


def test_primary_serves_for_as_long_as_the_target_can_not() -> None:
    world = reverting()
    delete(world)
    world.tick()
    world.target = replace(world.target, workload=deployment("podinfo", available=0))  # type: ignore[type-var]
    world.tick(20)
    assert (there(world), world.apex) == (True, "primary")
    world.target = replace(world.target, workload=deployment("podinfo"))  # type: ignore[type-var]
    tick_until_gone(world)


def test_a_refused_document_says_how_its_canary_is_let_go() -> None:
    world = reverting()
    world.tick()
    live = world.cluster.get(CANARY, *KEY)
    assert live is not None
    world.cluster.put(CANARY, {**live, "spec": {**live["spec"], "targetRef": {}}})
    delete(world)
    world.ticked()
    assert f"let go by taking {FINALIZER} off it" in world.texts[-1]


def test_without_it_what_becomes_of_the_users_is_said_once() -> None:
    world = initialised(document())
    world.primary = deployment("podinfo-primary", 3)
    world.tick()
    delete(world)
    assert world.driver.tick(*KEY) is None
    assert world.driver.tick(*KEY) is None
    (said,) = world.texts
    assert "podinfo.test was deleted" in said
    assert said.endswith("or run before: sluice retire podinfo --env dev -n test")
    assert "kubectl -n test scale deployment/podinfo --replicas=3" in said


def test_nothing_is_said_of_a_canary_that_was_retired_before() -> None:
    world = initialised(document())
    world.status = replace(world.status, phase=Phase.TERMINATED, in_force=None)
    world.tick()
    delete(world)
    assert world.driver.tick(*KEY) is None
    assert world.texts == []


def finalizers(world: World) -> list[str]:
    live = world.cluster.get(CANARY, *KEY)
    return list(live["metadata"].get("finalizers") or []) if live else []
