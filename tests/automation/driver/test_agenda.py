"""The agenda of ticks: who is due when, moved by a hand-held clock."""

from __future__ import annotations

import pytest

from automation.core.urgency import Urgency
from automation.driver.agenda import Agenda, Due, Room

ONE, TWO = ("test", "one"), ("test", "two")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_earliest_comes_first_and_nobody_before_its_time() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(5.0, Urgency.REST))
    agenda.hasten(TWO, Due(3.0, Urgency.REST))
    assert agenda.take(clock, 0.0) is None
    clock.now = 5.0
    assert [agenda.take(clock, 0.0), agenda.take(clock, 0.0)] == [TWO, ONE]


def test_hastening_moves_forward_and_never_back() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(5.0, Urgency.REST))
    agenda.hasten(ONE, Due(2.0, Urgency.REST))
    agenda.hasten(ONE, Due(9.0, Urgency.REST))
    clock.now = 2.0
    assert agenda.take(clock, 0.0) == ONE
    assert agenda.take(clock, 0.0) is None


def test_a_key_that_is_out_is_not_given_out_twice_but_comes_again_at_once() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    assert agenda.take(clock, 0.0) == ONE
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    assert agenda.take(clock, 0.0) is None
    agenda.done(ONE, Due(60.0, Urgency.REST))
    assert agenda.take(clock, 0.0) == ONE


def test_a_key_that_is_done_for_good_does_not_come_back() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    agenda.take(clock, 0.0)
    agenda.done(ONE, None)
    clock.now = 1000.0
    assert agenda.take(clock, 0.0) is None


def test_one_that_is_out_does_not_hold_up_the_others() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    agenda.take(clock, 0.0)
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    agenda.hasten(TWO, Due(1.0, Urgency.REST))
    clock.now = 1.0
    assert agenda.take(clock, 0.0) == TWO


def test_a_key_that_is_done_for_good_but_was_hastened_comes_back() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    agenda.take(clock, 0.0)
    agenda.hasten(ONE, Due(0.0, Urgency.REST))
    agenda.done(ONE, None, soon=0.5)
    assert agenda.take(clock, 0.0) is None
    clock.now = 0.5
    assert agenda.take(clock, 0.0) == ONE


def key(number: int) -> tuple[str, str]:
    return ("test", f"canary-{number}")


def test_those_under_way_go_before_those_at_rest_and_those_before_initialisations() -> None:
    agenda, clock = Agenda(), Clock()
    for number, urgency in enumerate((Urgency.START, Urgency.REST, Urgency.STEP, Urgency.BACK)):
        agenda.hasten(key(number), Due(float(number), urgency))
    clock.now = 9.0
    assert [agenda.take(clock, 0.0) for _ in range(4)] == [key(3), key(2), key(1), key(0)]


def test_initialisations_take_a_few_places_and_no_more() -> None:
    agenda, clock = Agenda(Room(all=4, starts=2)), Clock()
    for number in range(38):
        agenda.hasten(key(number), Due(0.0, Urgency.START))
    assert [agenda.take(clock, 0.0) for _ in range(3)] == [key(0), key(1), None]
    agenda.hasten(ONE, Due(0.0, Urgency.STEP))
    assert agenda.take(clock, 0.0) == ONE
    agenda.done(key(0), None)
    assert agenda.take(clock, 0.0) == key(10)


def test_there_is_room_for_so_many_at_once() -> None:
    agenda, clock = Agenda(Room(all=2)), Clock()
    for number in range(3):
        agenda.hasten(key(number), Due(0.0, Urgency.STEP))
    assert [agenda.take(clock, 0.0) for _ in range(3)] == [key(0), key(1), None]
    agenda.done(key(1), Due(5.0, Urgency.STEP))
    assert agenda.take(clock, 0.0) == key(2)


def test_what_became_urgent_meanwhile_is_so_when_it_comes_again() -> None:
    agenda, clock = Agenda(Room(starts=1)), Clock()
    for one in (ONE, TWO):
        agenda.hasten(one, Due(0.0, Urgency.START))
    assert [agenda.take(clock, 0.0), agenda.take(clock, 0.0)] == [ONE, None]
    agenda.done(ONE, Due(1.0, Urgency.STEP))
    clock.now = 1.0
    assert [agenda.take(clock, 0.0), agenda.take(clock, 0.0)] == [ONE, TWO]


def test_one_that_is_hastened_keeps_its_time_where_it_is_early() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(60.0, Urgency.STEP))
    clock.now = 5.0
    agenda.hasten(ONE, Due(5.0, Urgency.STEP), early=True)
    assert agenda.take(clock, 0.0) == ONE
    assert agenda.time_of(ONE) == 60.0
    agenda.done(ONE, Due(60.0, Urgency.STEP))
    clock.now = 60.0
    assert agenda.take(clock, 0.0) == ONE
    assert agenda.time_of(ONE) is None


@pytest.mark.parametrize(
    ("worth", "early", "again", "time"),
    [
        pytest.param([True], True, True, 65.0, id="it keeps its time"),
        pytest.param([True, False], True, True, 65.0, id="of several one is worth it"),
        pytest.param([False], True, False, None, id="it is early, and not worth that"),
        pytest.param([False], False, True, None, id="it is not early any more"),
        pytest.param([True], False, True, None, id="nor does what is worth it keep a time then"),
    ],
)
def test_whether_one_that_is_hastened_while_it_is_out_is_early_is_known_when_it_is_done(
    worth: list[bool], early: bool, again: bool, time: float | None
) -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, Due(0.0, Urgency.STEP))
    agenda.take(clock, 0.0)
    for one in worth:
        agenda.hasten(ONE, Due(0.0, Urgency.STEP), worth=one)
    agenda.done(ONE, Due(65.0, Urgency.STEP), soon=0.5, early=early)
    clock.now = 0.5
    assert agenda.take(clock, 0.0) == (ONE if again else None)
    if again:
        assert agenda.time_of(ONE) == time
