"""Which stack updates run at once, and which of those that wait is next.

An update keeps a core busy. More of them at once are no faster together, and each is slower by itself: a rollback, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from automation.core.urgency import Urgency

MOST = 32
"""Threads that updates may take in all, those that hang among them."""
SLOW_SECONDS = 10.0
"""An update that takes longer waits for something instead of working: its place is given to another."""


def has_room(urgency: Urgency, working: Iterable[Urgency], cores: int) -> bool:
    """Whether an update may begin beside those that work.

    There is a place for each core, and one more for moves back alone; initialisations get half of the places.
    """
    beside = list(working)
    if urgency is Urgency.START and beside.count(Urgency.START) >= max(1, cores // 2):
        return False
    return len(beside) < cores + (urgency is Urgency.BACK)


@dataclass(frozen=True, order=True)
class Job:
    """What waits; of equally urgent ones the first that came is first."""

    urgency: Urgency
    number: int
    work: Callable[[], object] = field(compare=False)
    outcome: Future[object] = field(compare=False, default_factory=Future)


Ran = Callable[[Urgency, float, bool], None]
"""Is told how urgent a job was, how many seconds it took, and whether it succeeded."""


class UpdateQueue:
    """Runs jobs in threads of its own, the most urgent first. `ran` hears of each."""

    def __init__(
        self,
        cores: int,
        elapsed: Callable[[], float] = time.monotonic,
        ran: Ran = lambda urgency, seconds, succeeded: None,
    ) -> None:
        self._cores, self._elapsed, self._ran = cores, elapsed, ran
        self._numbers = count()
        self._waiting: list[Job] = []
        self._running: dict[int, tuple[Urgency, float]] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._pool = ThreadPoolExecutor(MOST, thread_name_prefix="update")
        self._dispatcher = threading.Thread(target=self._dispatch, name="updates", daemon=True)
        self._dispatcher.start()

    def submit(self, urgency: Urgency, job: Callable[..., object], *arguments: Any) -> Future[object]:
        """The outcome of a job. Cancelling it works for as long as the job waits."""
        queued = Job(urgency, next(self._numbers), lambda: job(*arguments))
        with self._changed:
            self._waiting.append(queued)
            self._changed.notify()
        return queued.outcome

    def close(self) -> None:
        """Begins nothing any more; what runs goes on."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._dispatcher.join()
        self._pool.shutdown(wait=False)

    def _dispatch(self) -> None:
        with self._changed:
            while not self._closed:
                if (job := self._next()) is not None:
                    self._begin(job)
                else:
                    self._changed.wait(self._until_one_is_slow())

    def _next(self) -> Job | None:
        now = self._elapsed()
        working = [urgency for urgency, begun in self._running.values() if now - begun < SLOW_SECONDS]
        if len(self._running) >= MOST:
            return None
        return next(
            (job for job in sorted(self._waiting) if has_room(job.urgency, working, self._cores)), None
        )

    def _begin(self, job: Job) -> None:
        self._waiting.remove(job)
        if job.outcome.set_running_or_notify_cancel():
            self._running[job.number] = job.urgency, self._elapsed()
            self._pool.submit(self._run, job)

    def _run(self, job: Job) -> None:
        begun = self._elapsed()
        try:
            result = job.work()
        except BaseException as raised:  # noqa: BLE001 - whoever asks for the outcome gets it
            job.outcome.set_exception(raised)
            self._ran(job.urgency, self._elapsed() - begun, False)
        else:
            job.outcome.set_result(result)
            self._ran(job.urgency, self._elapsed() - begun, True)
        finally:
            with self._changed:
                del self._running[job.number]
                self._changed.notify()

    def _until_one_is_slow(self) -> float | None:
        """How long to wait for news: while somebody waits, a place may get free by itself."""
        if not self._waiting or not self._running:
            return None
        oldest = min(begun for _, begun in self._running.values())
        return max(oldest + SLOW_SECONDS - self._elapsed(), 0.1)
