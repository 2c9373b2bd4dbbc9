"""What becomes of ReplicaSets that no run asks anything of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.keeping import Keeping, Limits, Replacement
from automation.core.status import Intent, Phase, Placement, Purpose, Status
from automation.core.traffic import Traffic
from automation.core.upkeep import Date, Demand, Forget, PodSet, Resize, Upkeep, upkeep

STABLE = Placement("a", "primary", Traffic(), "blue")
REST = Status(Phase.SUCCEEDED, last_applied_spec="blue", last_promoted_spec="blue", in_force=STABLE)
BLUE, GREEN = PodSet("x-blue", "blue", 3, 1), PodSet("x-green", "green", 2, 2)


def done(
    status: Status, *sets: PodSet, asked: int | Demand = 3, now: float = 0.0, **keeping: object
) -> list[Upkeep]:
    demand = Demand(asked) if isinstance(asked, int) else asked
    return list(upkeep(status, sets, demand, replace(Keeping(), **keeping), now))  # type: ignore[arg-type]


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


RUNNING = replace(REST, phase=Phase.PROGRESSING, last_applied_spec="green")


@pytest.mark.parametrize(
    ("blue", "green", "wanted", "stable"),
    [
        ((5, 5), (0, 0), 0, 5),
        ((5, 5), (2, 0), 3, 4),  # one may be unavailable, whatever becomes of the canary's
        ((5, 5), (2, 2), 3, 2),
        ((3, 3), (3, 3), 3, 2),
        ((2, 2), (5, 5), 5, 1),  # a promotion is never without one
        ((2, 1), (2, 2), 3, 2),
    ],
)
def test_stable_pods_make_room_where_pods_alone_share_the_users(
    blue: tuple[int, int], green: tuple[int, int], wanted: int, stable: int
) -> None:
    sets = (
        replace(BLUE, replicas=blue[0], available=blue[1]),
        replace(GREEN, replicas=green[0], available=green[1]),
    )
    found = done(RUNNING, *sets, asked=Demand(5, wanted), shared=Replacement())
    assert found == ([] if stable == blue[0] else [Resize("x-blue", stable)])


@pytest.mark.parametrize(
    ("weight", "step", "stable"), [(0, 20, 10), (20, 20, 8), (85, 85, 2), (100, 100, 1), (60, 20, 8)]
)
def test_stable_pods_go_as_their_users_do_and_come_before_them(weight: int, step: int, stable: int) -> None:
    led = replace(RUNNING, in_force=replace(STABLE, canary="green", traffic=Traffic(weight)))
    blue = replace(BLUE, replicas=10, available=10)
    found = done(led, blue, GREEN, asked=Demand(10, 3, step), dynamic=True)
    assert found == ([] if stable == 10 else [Resize("x-blue", stable)])
    given_up = replace(blue, replicas=2)
    assert done(led, given_up, GREEN, asked=Demand(10), dynamic=True) == [Resize("x-blue", 10)]


@pytest.mark.parametrize(
    ("limits", "asked", "most", "least"),
    [
        (Replacement(), 5, 7, 4),
        (Replacement(), 1, 2, 1),
        (Replacement(0, 2), 5, 6, 3),
        (Replacement("50%", "0%"), 3, 5, 3),
        (Replacement(1, 9), 4, 5, 0),
    ],
)
def test_limits_are_resolved_as_a_deployment_does(
    limits: Replacement, asked: int, most: int, least: int
) -> None:
    assert limits.of(asked) == Limits(most, least)


def test_of_so_many_old_sets_pods_stay_and_the_newest_are_kept() -> None:
    old = [PodSet(f"x-{number}", f"r{number}", 1, number, goes_at=90.0) for number in (2, 3, 4)]
    gone = [Date("x-3", None), Resize("x-3", 0), Date("x-2", None), Resize("x-2", 0)]
    assert done(REST, BLUE, *old, now=10.0, delayed=1) == gone
    assert done(REST, BLUE, *old, now=10.0) == []
