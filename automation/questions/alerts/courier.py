"""Sends alerts beside the ticks: no release waits for whoever hears of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from automation.clock import Clock
from automation.cluster.watches import Key
from automation.core.alerts import Notice
from automation.core.backoff import pause
from automation.questions.alerts.message import Message
from automation.questions.alerts.sender import Undelivered

LASTING_SECONDS = 86400.0
"""After which an alert that nobody has taken is of no use any more."""
Failed = Callable[[str, str], None]
"""Is told of a Canary (NAME.NAMESPACE) what has not been sent, and why."""


class Alerts(Protocol):
    """Who sends what stands in the statuses of Canaries."""

    def owed(self, canary: Key, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        """Sees to it that these are sent, and waits for none of them; those that are still to be."""
        ...


@dataclass
class _Line:
    """What waits for one provider, first come, first served. `trouble` is what was said to be wrong with it."""

    waiting: deque[Message]
    trouble: str = ""


class Courier:
    """Sends to one provider at a time in order, and to different ones beside each other. What a provider does not take
    it is offered again, after pauses that double from a second to a minute, for a day."""

    def __init__(
        self,
        send: Callable[[Message], None],
        failed: Failed,
        clock: Clock,
        cluster: str = "",
        pauses: Callable[[int], float] = pause,
    ) -> None:
        self._send, self._failed, self._clock, self._cluster = send, failed, clock, cluster
        self._pauses = pauses
        self._lines: dict[str, _Line] = {}
        self._taken: dict[Key, set[str]] = {}
        self._done: dict[Key, set[str]] = {}
        self._closed = False
        self._changed = threading.Condition()

    def owed(self, canary: Key, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        with self._changed:
            done = self._done.get(canary, set()) & {notice.key for notice in notices}
            self._done[canary] = done
            left = tuple(notice for notice in notices if notice.key not in done)
            if not self._closed:
                self._take(canary, left)
        return left

    def close(self, seconds: float) -> Iterable[Key]:
        """Waits until each alert has been sent or has failed, at most so long; the Canaries that have fewer to send
        since they were asked about."""
        with self._changed:
            self._changed.wait_for(lambda: all(one.trouble for one in self._lines.values()), seconds)
            self._closed = True
            self._changed.notify_all()
            return [canary for canary, done in self._done.items() if done]

    def _take(self, canary: Key, notices: Iterable[Notice]) -> None:
        taken = self._taken.setdefault(canary, set())
        for notice in notices:
            if notice.key not in taken:
                taken.add(notice.key)
                message = Message(canary[1], canary[0], notice, self._cluster)
                self._queue(notice.to).append(message)
        if not taken:
            del self._taken[canary]

    def _queue(self, to: str) -> deque[Message]:
        found = self._lines.get(to)
        if found is None:
            found = self._lines[to] = _Line(deque())
            threading.Thread(target=self._go, args=(to, found), name="alerts", daemon=True).start()
        return found.waiting

    def _go(self, to: str, line: _Line) -> None:
        tries = 0
        while (message := self._next(to, line)) is not None:
            if self._offered(line, message):
                tries = 0
                continue
            tries += 1
            with self._changed:
                self._changed.wait_for(lambda: self._closed, self._pauses(tries))

    def _next(self, to: str, line: _Line) -> Message | None:
        """The first that waits; None once there is none, or nothing is sent any more."""
        with self._changed:
            if line.waiting and not self._closed:
                return line.waiting[0]
            if self._lines.get(to) is line:
                del self._lines[to]
            self._changed.notify_all()
            return None

    def _offered(self, line: _Line, message: Message) -> bool:
        """Whether that is done with: it was taken, or never will be."""
        trouble: Undelivered | None = None
        try:
            self._send(message)
        except Undelivered as undelivered:
            trouble = undelivered
        except Exception as error:  # noqa: BLE001 - the others still have to be sent
            trouble = Undelivered(f"{type(error).__name__}", final=True)
        late = self._clock.now() > message.notice.at + LASTING_SECONDS
        done = trouble is None or trouble.final or late
        self._tell(line, message, trouble, done)
        if done:
            self._finish(line, message)
        return done

    def _tell(self, line: _Line, message: Message, trouble: Undelivered | None, done: bool) -> None:
        """Says once what is wrong, and of each alert that it is given up."""
        before, text = line.trouble, str(trouble) if trouble else ""
        if trouble is not None and (done or text != before):
            namespace, _, name = message.notice.to.partition("/")
            follows = "it is lost" if done else "it is sent again"
            told = f"alert provider {name}.{namespace} was not told {message.text!r}: {text}; {follows}"
            # Where nobody reads any more, those that wait are sent all the same.
            with suppress(OSError, ValueError):
                self._failed(message.full_name, told)
        with self._changed:
            line.trouble = "" if done else text
            self._changed.notify_all()

    def _finish(self, line: _Line, message: Message) -> None:
        canary = (message.namespace, message.name)
        with self._changed:
            line.waiting.popleft()
            taken = self._taken.get(canary, set())
            taken.discard(message.notice.key)
            if not taken:
                self._taken.pop(canary, None)
            self._done.setdefault(canary, set()).add(message.notice.key)
