"""How an attempt gets live when its stack is slow, locked or broken: what comes back is never held up for long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from automation.clock import Clock, SystemClock
from automation.cluster.watches import Watches
from automation.core.decision import MakeLive
from automation.core.kinds import DEPLOYMENT, SERVICE
from automation.core.status import Intent, Placement, Purpose
from automation.core.traffic import Traffic
from automation.core.urgency import Urgency
from automation.errors import StackLocked, UpdateFailed
from automation.inmemory.clock import MemoryClock
from automation.updates.placer import Patience, Placed, Placer, Postponed, Release, Terms
from automation.updates.ports import Program, Queue
from automation.updates.queue import UpdateQueue
from automation.updates.stacks import PolicyRefused, StackMissing
from gateways.apisix import ROUTE
from tests.automation.api import Api, api
from tests.automation.cluster.test_observer import canary, route

STACK = "dev.test.podinfo"
IMPATIENT = Patience(direct=0.3, forward=0.3, retry=0.05)


class Engine:
    """Stacks whose updates do what the test says."""

    def __init__(self) -> None:
        self.does: Callable[[str], None] = lambda message: None
        self.messages: list[str] = []

    def update(self, stack: str, program: Program, message: str, gate: object = None) -> None:
        self.messages.append(message.partition("\n")[0])
        self.does(message)

    def refresh(self, stack: str, program: Program, message: str) -> None:
        self.messages.append(message)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Api]:
    with api(tmp_path) as server:
        server.put(ROUTE, route(80, 20))
        yield server


def placer(
    served: Api,
    engine: Engine,
    patience: Patience = IMPATIENT,
    clock: Clock = SystemClock(),
    queue: Queue | None = None,
) -> Placer:
    return Placer(
        served.cluster,
        Watches(served.cluster, [ROUTE, SERVICE, DEPLOYMENT], "test"),
        engine,
        lambda of: Release(f"dev.test.{of.name}", lambda attempt: lambda: None),
        Terms("ann@host", patience=patience),
        queue or UpdateQueue(2),
        clock,
    )


def update(kind: Purpose, weight: int, attempt: str = "a-2") -> MakeLive:
    placement = Placement(attempt, "primary", Traffic(weight), "rev")
    return MakeLive(
        Intent(kind, placement, f"{kind} to {weight}"), forward=kind in (Purpose.ADVANCE, Purpose.INITIALISE)
    )


def weights(served: Api) -> list[int]:
    rules = served.get(ROUTE, "podinfo-podinfo-canary")["spec"]["http"]
    return [backend["weight"] for backend in rules[0]["backends"]]


def hang(until: threading.Event) -> None:
    until.wait(10)


def raising(error: Exception) -> Callable[[str], None]:
    def does(message: str) -> None:
        raise error

    return does


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(StackLocked("stack is locked by bob"), id="somebody else holds the lock"),
        pytest.param(StackMissing("there is no stack"), id="the stack is gone"),
        pytest.param(RuntimeError("engine broke"), id="the engine breaks in a way that nobody foresaw"),
        pytest.param(TimeoutError("the engine's own"), id="the engine's own time-out"),
    ],
)
def test_a_rollback_takes_the_direct_way_whatever_the_stack_does(served: Api, error: Exception) -> None:
    engine = Engine()
    engine.does = raising(error)
    said = placer(served, engine).place(canary(), update(Purpose.ROLLBACK, 0), Placed())
    assert weights(served) == [100, 0]
    assert "was patched directly to 100/0" in said[0]


def test_a_rollback_that_is_refused_is_tried_again_with_growing_pauses(served: Api) -> None:
    engine = Engine()
    engine.does = raising(UpdateFailed("routes are frozen"))
    placed = Placed(beyond_refresh=True)
    placer(served, engine, Patience(), MemoryClock(0.0)).place(canary(), update(Purpose.ROLLBACK, 0), placed)
    assert 3 <= len(engine.messages) <= 6
    assert weights(served) == [100, 0]


class Crowded:
    """A queue in which one update after the first has no turn."""

    def __init__(self) -> None:
        self._submitted = 0

    def submit(self, urgency: Urgency, job: Callable[..., object], *arguments: object) -> Future[object]:
        self._submitted += 1
        outcome: Future[object] = Future()
        if self._submitted == 1:
            outcome.set_exception(StackLocked("stack is locked by bob"))
        return outcome


def test_what_is_said_of_a_direct_patch_is_why_the_stack_took_no_update(served: Api) -> None:
    said = placer(served, Engine(), queue=Crowded()).place(canary(), update(Purpose.ROLLBACK, 0), Placed())
    assert f"Stack {STACK} took no update (stack is locked by bob); route" in said[0]


@pytest.mark.parametrize(
    ("purpose", "weight"),
    [pytest.param(Purpose.ROLLBACK, 0, id="back"), pytest.param(Purpose.ADVANCE, 30, id="forward")],
)
def test_what_is_said_of_a_locked_stack_ends_with_the_command_that_frees_it(
    served: Api, purpose: Purpose, weight: int
) -> None:
    engine, free = Engine(), "if it is dead: sluice pulumi cancel --yes --stack dev.test.podinfo"
    engine.does = raising(StackLocked("stack is locked by bob", free))
    try:
        [said] = placer(served, engine).place(canary(), update(purpose, weight), Placed())
    except Postponed as postponed:
        said = str(postponed)
    assert said.endswith(f"; {free}")
    assert said.count(free) == 1


def test_a_rollback_does_not_wait_for_a_step_that_hangs(served: Api) -> None:
    engine, ended = Engine(), threading.Event()
    engine.does = lambda message: hang(ended)
    one = placer(served, engine)
    with pytest.raises(Postponed, match="still running"):
        one.place(canary(), update(Purpose.ADVANCE, 30), Placed())
    said = one.place(canary(), update(Purpose.ROLLBACK, 0, "a-3"), Placed())
    ended.set()
    assert weights(served) == [100, 0]
    assert "still running" in said[0]
    assert engine.messages == ["advance to 30"]


def test_a_rollback_does_not_wait_for_the_initialisations_of_others(served: Api) -> None:
    engine, ended = Engine(), threading.Event()
    engine.does = lambda message: hang(ended) if "initialise" in message else None
    one = placer(served, engine)
    for name, why in (("first", "is still running"), ("second", "waits for those of others")):
        with pytest.raises(Postponed, match=f"dev.test.{name} {why}"):
            one.place(replace(canary(), name=name), update(Purpose.INITIALISE, 0), Placed())
    assert one.place(canary(), update(Purpose.ROLLBACK, 0, "a-3"), Placed()) == []
    ended.set()
    assert engine.messages == ["initialise to 0", "rollback to 0"]


def test_what_became_of_an_earlier_update_is_no_answer_to_a_later_one(served: Api) -> None:
    engine, ended = Engine(), threading.Event()

    def refused_late(message: str) -> None:
        if "advance" in message:
            ended.wait(10)
            raise PolicyRefused("fresh-evidence", "too late")

    engine.does = refused_late
    one = placer(served, engine)
    with pytest.raises(Postponed):
        one.place(canary(), update(Purpose.ADVANCE, 30), Placed())
    threading.Timer(0.05, ended.set).start()
    assert one.place(canary(), update(Purpose.ROLLBACK, 0, "a-3"), Placed()) == []
    assert engine.messages == ["advance to 30", "rollback to 0"]


def test_a_stack_that_was_passed_by_is_owed_an_update(served: Api) -> None:
    engine = Engine()
    engine.does = raising(StackLocked("locked"))
    one = placer(served, engine)
    placed = Placed()
    one.place(canary(), update(Purpose.ROLLBACK, 0), placed)
    assert one.reconcile(canary(), placed) == []
    engine.does = lambda message: None
    assert one.reconcile(canary(), placed) == [f"Stack {STACK} is up to date with the live route again"]
    assert one.reconcile(canary(), placed) == []


def test_an_update_that_is_owed_and_refused_is_tried_again_with_pauses(served: Api) -> None:
    engine, clock, placed = Engine(), MemoryClock(0.0), Placed(beyond_refresh=True)
    engine.does = raising(UpdateFailed("exceeded quota"))
    one = placer(served, engine, Patience(), clock)
    one.place(canary(), update(Purpose.ROLLBACK, 0), placed)
    engine.messages.clear()
    for _ in range(60):
        one.reconcile(canary(), placed)
        clock.sleep(1)
    assert 5 <= len(engine.messages) <= 7
    engine.does = lambda message: None
    clock.sleep(64)
    assert one.reconcile(canary(), placed) == [f"Stack {STACK} is up to date with the live route again"]


def test_an_update_that_fails_is_tried_once_more_with_a_refreshed_state(served: Api) -> None:
    engine = Engine()

    def fails_once(message: str) -> None:
        if len(engine.messages) == 1:
            raise UpdateFailed("something was deleted")

    engine.does = fails_once
    assert placer(served, engine).place(canary(), update(Purpose.ADVANCE, 30), Placed()) == []
    assert engine.messages == ["advance to 30", "take over what was changed by hand", "advance to 30"]
