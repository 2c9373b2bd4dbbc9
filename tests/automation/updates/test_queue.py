"""Which stack updates run at once, and which is next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from automation.core.status import Phase, Purpose
from automation.core.urgency import Urgency, urgency_in, urgency_of
from automation.updates.queue import SLOW_SECONDS, UpdateQueue, has_room

BACK, STEP, REST, START = Urgency


@pytest.mark.parametrize(
    ("urgency", "working", "room"),
    [
        pytest.param(STEP, [], True, id="nothing runs"),
        pytest.param(STEP, [STEP], True, id="a core is free"),
        pytest.param(STEP, [STEP, REST], False, id="no core is free"),
        pytest.param(BACK, [STEP, STEP], True, id="a move back has a place of its own"),
        pytest.param(BACK, [BACK, BACK, BACK], False, id="so many moves back, and no more"),
        pytest.param(STEP, [BACK, BACK], False, id="steps wait for moves back"),
        pytest.param(START, [], True, id="an initialisation"),
        pytest.param(START, [START], False, id="a second one would take the place of a step"),
        pytest.param(STEP, [START], True, id="so that a step finds one"),
    ],
)
def test_where_there_is_room_on_two_cores(urgency: Urgency, working: list[Urgency], room: bool) -> None:
    assert has_room(urgency, working, cores=2) is room


def test_one_core_is_enough() -> None:
    assert has_room(START, [], cores=1)
    assert not has_room(STEP, [START], cores=1)


@pytest.mark.parametrize(
    ("purpose", "urgency"),
    [
        (Purpose.ROLLBACK, BACK),
        (Purpose.RESTART, BACK),
        (Purpose.ADVANCE, STEP),
        (Purpose.PROMOTE, STEP),
        (Purpose.REPAIR, STEP),
        (Purpose.INITIALISE, START),
        (Purpose.APEX, START),
    ],
)
def test_how_urgent_an_update_is(purpose: Purpose, urgency: Urgency) -> None:
    assert urgency_of(purpose) is urgency


@pytest.mark.parametrize("phase", Phase)
def test_a_look_is_as_urgent_as_what_it_may_lead_to(phase: Phase) -> None:
    at_rest = phase in (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATED)
    beginning = phase in (Phase.NONE, Phase.INITIALIZING)
    assert urgency_in(phase) is (REST if at_rest else START if beginning else STEP)


class Work:
    """Jobs that say when they begin, and end when they may."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.news = threading.Condition()
        self.may_end = threading.Event()

    def __call__(self, name: str) -> str:
        with self.news:
            self.begun.append(name)
            self.news.notify_all()
        self.may_end.wait(10)
        return name

    def until(self, count: int) -> list[str]:
        with self.news:
            assert self.news.wait_for(lambda: len(self.begun) >= count, 10)
            return list(self.begun)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work()
    yield made
    made.may_end.set()


@pytest.fixture
def queue(clock: Clock) -> Iterator[UpdateQueue]:
    made = UpdateQueue(1, clock)
    yield made
    made.close()


def test_of_those_that_wait_the_most_urgent_is_next(queue: UpdateQueue, work: Work) -> None:
    outcomes = [queue.submit(STEP, work, "first")]
    work.until(1)
    outcomes += [queue.submit(urgency, work, str(urgency)) for urgency in (START, START, REST, STEP)]
    work.may_end.set()
    assert [outcome.result(10) for outcome in outcomes] == ["first", "3", "3", "2", "1"]
    assert work.begun == ["first", "1", "2", "3", "3"]


def test_a_move_back_does_not_wait_for_a_step(queue: UpdateQueue, work: Work) -> None:
    queue.submit(STEP, work, "step")
    work.until(1)
    queue.submit(STEP, work, "another")
    queue.submit(BACK, work, "back")
    assert work.until(2) == ["step", "back"]


def test_what_did_not_begin_yet_can_be_called_off(queue: UpdateQueue, work: Work) -> None:
    running = queue.submit(STEP, work, "first")
    work.until(1)
    waiting, last = queue.submit(STEP, work, "second"), queue.submit(STEP, work, "third")
    assert (running.cancel(), waiting.cancel()) == (False, True)
    work.may_end.set()
    assert last.result(10) == "third"
    assert work.begun == ["first", "third"]


def test_one_that_hangs_gives_its_place_to_another(queue: UpdateQueue, work: Work, clock: Clock) -> None:
    queue.submit(STEP, work, "hangs")
    work.until(1)
    clock.now = SLOW_SECONDS
    queue.submit(STEP, work, "next")
    assert work.until(2) == ["hangs", "next"]


def test_what_a_job_raises_is_its_outcome(queue: UpdateQueue) -> None:
    outcome = failing(queue)
    with pytest.raises(ValueError, match="broken"):
        outcome.result(10)


def failing(queue: UpdateQueue) -> Future[object]:
    def fails() -> None:
        raise ValueError("broken")

    job: Callable[..., object] = fails
    return queue.submit(STEP, job)
