"""What becomes of ReplicaSets that no run asks anything of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.status import Intent, Phase, Placement, Purpose, Status
from automation.core.traffic import Traffic
from automation.core.upkeep import Date, Forget, Keeping, PodSet, Resize, Upkeep, upkeep

STABLE = Placement("a", "primary", Traffic(), "blue")
REST = Status(Phase.SUCCEEDED, last_applied_spec="blue", last_promoted_spec="blue", in_force=STABLE)
BLUE, GREEN = PodSet("x-blue", "blue", 3, 1), PodSet("x-green", "green", 2, 2)


def done(status: Status, *sets: PodSet, asked: int = 3, now: float = 0.0, **keeping: object) -> list[Upkeep]:
    return list(upkeep(status, sets, asked, replace(Keeping(), **keeping), now))  # type: ignore[arg-type]


def test_the_stable_set_has_the_pods_that_are_asked_for() -> None:
    assert done(REST, BLUE) == []
    assert done(REST, BLUE, asked=5) == [Resize("x-blue", 5)]


def test_pods_that_nobody_needs_go_after_a_delay() -> None:
    assert done(REST, BLUE, GREEN, now=10.0) == [Date("x-green", 40.0)]
    waiting = replace(GREEN, goes_at=40.0)
    assert done(REST, BLUE, waiting, now=39.0) == []
    assert done(REST, BLUE, waiting, now=40.0) == [Date("x-green", None), Resize("x-green", 0)]
    assert done(REST, BLUE, GREEN, after_promotion=0.0) == [Date("x-green", None), Resize("x-green", 0)]


def test_pods_of_an_aborted_version_may_stay() -> None:
    failed = replace(REST, phase=Phase.FAILED, last_applied_spec="green")
    assert done(failed, BLUE, GREEN, after_abort=None) == []
    assert done(failed, BLUE, GREEN, after_abort=5.0) == [Date("x-green", 5.0)]


@pytest.mark.parametrize(
    "status",
    [
        replace(REST, phase=Phase.PROGRESSING, last_applied_spec="green"),
        replace(REST, in_force=replace(STABLE, canary="green")),
        replace(REST, intent=Intent(Purpose.PROMOTE, replace(STABLE, revision="green"), "")),
        replace(
            REST, phase=Phase.PROMOTING, in_force=replace(STABLE, revision="blue"), last_promoted_spec="green"
        ),
    ],
    ids=["tested", "led to", "on its way", "returned to"],
)
def test_pods_that_somebody_needs_stay_and_their_date_is_taken_back(status: Status) -> None:
    assert done(status, BLUE, replace(GREEN, goes_at=1.0), now=9.0) == [Date("x-green", None)]


def test_before_anybody_is_led_to_the_stable_set_whoever_serves_is_left_alone() -> None:
    assert done(replace(REST, in_force=replace(STABLE, apex="target")), GREEN) == []
    assert done(Status(), GREEN) == []


def test_old_sets_without_pods_are_forgotten() -> None:
    old = [PodSet(f"x-{number}", f"r{number}", 0, number) for number in range(2, 6)]
    assert done(REST, BLUE, *old, history=2) == [Forget("x-3"), Forget("x-2")]


def test_stable_pods_make_room_where_pods_alone_share_the_users() -> None:
    sharing = replace(REST, phase=Phase.PROGRESSING, last_applied_spec="green")
    led = replace(sharing, in_force=replace(STABLE, canary="green", traffic=Traffic(60)))
    assert done(led, BLUE, GREEN, shared=True) == [Resize("x-blue", 1)]
    assert done(sharing, BLUE, GREEN, shared=True) == []
    assert done(led, BLUE, replace(GREEN, replicas=3), shared=True) == [Resize("x-blue", 1)]
