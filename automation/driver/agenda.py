"""Which Canary is ticked next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from automation.cluster.watches import Key
from automation.core.urgency import Urgency


@dataclass(frozen=True)
class Room:
    """How many keys may be out at once, in all and of those that begin: what nobody waits for must not keep the
    driver from what somebody does."""

    all: int = 16
    starts: int = 4


@dataclass(frozen=True)
class Due:
    """When a key is due (monotonic seconds), and how urgent it is then. `time` is what it was hastened from, where that
    is still its time: what comes before it is early."""

    at: float
    urgency: Urgency
    time: float | None = None


class Agenda:
    """Which key is due when. A key that is taken is handed out again once it is back.

    Of those that are due the most urgent comes first, and of equals the one that has been due for longest.
    """

    def __init__(self, room: Room = Room()) -> None:
        self._room = room
        self._due: dict[Key, Due] = {}
        self._out: dict[Key, Due] = {}
        self._again: dict[Key, bool] = {}
        self._changed = threading.Condition()

    def done(self, key: Key, due: Due | None, soon: float = 0.0, early: bool = False) -> None:
        """Gives back a key that was taken. It is next due as `due` says, or at `soon` if it was hastened meanwhile:
        where that is `early`, only for what is worth it, and its time stays what it was."""
        with self._changed:
            out = self._out.pop(key)
            worth = self._again.pop(key, None)
            if worth or (worth is not None and not early):
                time = due.at if early and due and due.at > soon else None
                self._due[key] = Due(soon, (due or out).urgency, time)
            elif due is not None:
                self._due[key] = due
            self._changed.notify()  # there is room, too

    def hasten(self, key: Key, due: Due, early: bool = False, worth: bool = True) -> None:
        """Moves a key forward, never back; where that makes it `early` its time stays what it was. Of a key that is out
        it is known when it is done whether it would be early; `worth`: it is to come then all the same."""
        with self._changed:
            before = self._due.get(key)
            if key in self._out:
                self._again[key] = worth or self._again.get(key, False)
            elif before is None or due.at < before.at:
                time = (before.time or before.at) if before and early else None
                self._due[key] = replace(due, time=time)
                self._changed.notify()

    def due_of(self, key: Key) -> float:
        """When a key that is out was due (monotonic seconds)."""
        with self._changed:
            return self._out[key].at

    def time_of(self, key: Key) -> float | None:
        """The time of a key that is out, where it was hastened and that is still its time."""
        with self._changed:
            return self._out[key].time

    def take(self, now: Callable[[], float], wait: float) -> Key | None:
        """The next key that is due and has room, waited for at most `wait` seconds."""
        end = now() + wait
        with self._changed:
            while (key := self._next(now())) is None:
                if now() >= end:
                    return None
                later = (due.at for due in self._due.values() if due.at > now())
                self._changed.wait(max(min(end, *later, end) - now(), 0.0))
            self._out[key] = self._due.pop(key)
            return key

    def _next(self, now: float) -> Key | None:
        if len(self._out) >= self._room.all:
            return None
        full = [out.urgency for out in self._out.values()].count(Urgency.START) >= self._room.starts
        ready = [
            (due.urgency, due.at, key)
            for key, due in self._due.items()
            if due.at <= now and not (full and due.urgency is Urgency.START)
        ]
        return min(ready)[2] if ready else None
