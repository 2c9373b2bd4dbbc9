"""Ticks may follow each other at once; what a run counts keeps its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from automation.core.analysis import MetricCheck, Webhook
from automation.core.observation import Answer, HookAnswer, NothingMeasured, QueryFailed
from automation.core.status import Phase
from tests.core.documents import MISSING, document
from tests.core.world import HEALTHY, World, initialised

INTERVAL = 10.0
FAST = {"spec.analysis.threshold": 3}
Asked = Callable[[World], object]


def measured_bad(world: World, check: MetricCheck) -> Answer:
    return world.measured(0.0)


BAD: dict[str, Asked] = {
    "no values": lambda world: setattr(world, "answer", lambda world, check: NothingMeasured()),
    "a bad value": lambda world: setattr(world, "answer", measured_bad),
    "a query that fails": lambda world: setattr(world, "answer", lambda world, check: QueryFailed("E")),
    "a hook that fails": lambda world: setattr(world, "hook", lambda world, webhook: HookAnswer(False)),
}


def times_of(world: World, count: Callable[[World], object], seconds: int) -> list[float]:
    """When what is counted changes, with two ticks a second."""
    found: list[float] = []
    for _ in range(2 * seconds):
        before = count(world)
        world.ticked()
        if count(world) != before:
            found.append(world.now)
        world.now += 0.5
    return found


def apart(times: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def in_a_run(changes: dict[str, Any]) -> World:
    world = initialised(document(changes), scrape_interval=1.0)
    world.release("v2")
    while not world.status.progress.begun:
        world.tick()
    return world


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_two_failed_checks_are_an_interval_apart(bad: Asked) -> None:
    world = in_a_run({"spec.analysis.threshold": 4})
    bad(world)
    failed = times_of(world, lambda world: world.status.failed_checks, 60)
    assert len(failed) == 4  # the last one is of the rollback, which forgets them
    assert apart(failed) == [INTERVAL] * 3
    assert world.status.phase is Phase.FAILED


def test_a_hook_before_the_run_fails_once_in_an_interval() -> None:
    hooks = [{"name": "smoke", "type": "pre-rollout", "url": "http://x/"}]
    world = initialised(document({"spec.analysis.webhooks": hooks}))
    world.hook = lambda world, webhook: HookAnswer(False)
    world.release("v2")
    assert set(apart(times_of(world, lambda world: world.status.failed_checks, 45))) == {INTERVAL}
    assert len(world.calls) == 5


def test_an_interval_begins_once_the_failed_check_was_answered() -> None:
    world = in_a_run(FAST)
    calls: list[float] = []

    def slow(world: World, webhook: Webhook) -> HookAnswer:
        calls.append(world.now)
        world.now += 15.0
        return HookAnswer(False)

    world.hook = slow
    for _ in range(60):
        world.ticked()
        world.now += 0.5
    assert apart(calls) == [25.0, 25.0]


def test_a_tick_that_comes_too_early_says_when_the_next_one_is_due() -> None:
    world = in_a_run(FAST)
    world.hook = lambda world, webhook: HookAnswer(False)
    assert world.ticked().pause is None
    world.now += 4.0
    assert world.ticked().pause == INTERVAL - 4.0


def test_two_iterations_are_an_interval_apart() -> None:
    changes: dict[str, Any] = {"iterations": 5, "stepWeight": MISSING, "maxWeight": MISSING, "metrics": []}
    world = in_a_run({f"spec.analysis.{name}": value for name, value in changes.items()})

    def iterations(world: World) -> int:
        return world.status.iterations if world.status.phase is Phase.PROGRESSING else 5

    assert set(apart(times_of(world, iterations, 60))) == {INTERVAL}


def test_two_steps_back_are_an_interval_apart_and_the_first_one_is_at_once() -> None:
    world = initialised(document({"spec.analysis.stepWeightPromotion": 20}))
    world.answer = lambda world, check: world.measured(HEALTHY[check.name])
    world.release("v2")
    world.until(Phase.PROMOTING)
    begun = world.now
    back = times_of(world, lambda world: world.status.traffic, 25)
    assert (back[0], apart(back)) == (begun, [INTERVAL, INTERVAL])


def test_nobody_waits_for_a_clock_that_was_ahead() -> None:
    world = initialised(document(FAST))
    world.answer = measured_bad
    world.release("v2")
    while world.status.failed_checks == 0:
        world.tick()
    world.status = replace(world.status, counted_at=world.now + 3600)
    world.tick()
    assert world.status.failed_checks == 2


def test_a_tick_before_its_time_counts_nothing_and_is_repeated_then() -> None:
    world = in_a_run({})
    before, world.now = world.status, world.now + 1.0
    assert world.ticked(early=9.0).pause == pytest.approx(9.0)
    assert world.status == before
    world.now += 9.0
    world.ticked()
    assert world.status.traffic.canary > before.traffic.canary


def test_but_it_sees_a_new_revision() -> None:
    world = in_a_run({})
    world.release("v3")
    world.now += 1.0
    world.ticked(early=9.0)
    assert world.status.traffic.on_primary
    assert any("Restarting analysis" in text for text in world.texts)


def test_and_that_checks_are_to_be_left_out() -> None:
    world = in_a_run({})
    world.document = document({"spec.skipAnalysis": True})
    world.now += 1.0
    world.ticked(early=9.0)
    assert world.status.phase is Phase.PROMOTING
