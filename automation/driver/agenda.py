"""Which Canary is ticked next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

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
    """When a key is due (monotonic seconds), and how urgent it is then."""

    at: float
    urgency: Urgency


class Agenda:
    """Which key is due when. A key that is taken is handed out again once it is back.

    Of those that are due the most urgent comes first, and of equals the one that has been due for longest.
    """

    def __init__(self, room: Room = Room()) -> None:
        self._room = room
        self._due: dict[Key, Due] = {}
        self._out: dict[Key, Urgency] = {}
        self._again: set[Key] = set()
        self._changed = threading.Condition()

    def done(self, key: Key, due: Due | None, soon: float = 0.0) -> None:
        """Gives back a key that was taken. It is next due as `due` says, or at `soon` if it was hastened meanwhile."""
        with self._changed:
            urgency = self._out.pop(key)
            if key in self._again:
                self._again.remove(key)
                self._due[key] = Due(soon, due.urgency if due else urgency)
            elif due is not None:
                self._due[key] = due
            self._changed.notify()  # there is room, too

    def hasten(self, key: Key, due: Due) -> None:
        """Moves the time of a key forward, never back."""
        with self._changed:
            if key in self._out:
                self._again.add(key)
            elif key not in self._due or due.at < self._due[key].at:
                self._due[key] = due
                self._changed.notify()

    def take(self, now: Callable[[], float], wait: float) -> Key | None:
        """The next key that is due and has room, waited for at most `wait` seconds."""
        end = now() + wait
        with self._changed:
            while (key := self._next(now())) is None:
                if now() >= end:
                    return None
                later = (due.at for due in self._due.values() if due.at > now())
                self._changed.wait(max(min(end, *later, end) - now(), 0.0))
            self._out[key] = self._due.pop(key).urgency
            return key

    def _next(self, now: float) -> Key | None:
        if len(self._out) >= self._room.all:
            return None
        full = list(self._out.values()).count(Urgency.START) >= self._room.starts
        ready = [
            (due.urgency, due.at, key)
            for key, due in self._due.items()
            if due.at <= now and not (full and due.urgency is Urgency.START)
        ]
        return min(ready)[2] if ready else None
