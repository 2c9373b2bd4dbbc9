"""A call that is given up once its time is over, whatever the other side sends meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """There was no answer in time."""


class _Outcome(Generic[T]):
    def __init__(self, value: T | None = None, raised: Exception | None = None) -> None:
        self.value, self.raised = value, raised


def within(seconds: float, call: Callable[[], T]) -> T:
    """What the call comes to, or raises. Raises Overdue once `seconds` are over; nobody hears of it then.

    Time-outs of sockets begin anew with every byte, so that who sends one now and then is waited for without end.
    """
    outcomes: SimpleQueue[_Outcome[T]] = SimpleQueue()

    def run() -> None:
        try:
            outcomes.put(_Outcome(call()))
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            outcomes.put(_Outcome(raised=error))

    threading.Thread(target=run, name="within", daemon=True).start()
    try:
        outcome = outcomes.get(timeout=seconds)
    except Empty:
        raise Overdue(f"no answer within {seconds:g}s") from None
    if outcome.raised is not None:
        raise outcome.raised
    return outcome.value  # type: ignore[return-value]
