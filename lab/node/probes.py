"""When a probe is due and what a row of its results means. Values in, values out, but for the loop that waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

WARM_UP_SECONDS = 10.0
FIRST_GAP, LONGEST_GAP = 0.1, 0.5

Check = Callable[[], Awaitable[str]]
"""Looks once. The answer is what is wrong, or "" if nothing is."""


@dataclass(frozen=True)
class Schedule:
    """A probe's timings in seconds, and how many results in a row count."""

    delay: float = 0
    period: float = 10
    timeout: float = 1
    successes: int = 1
    failures: int = 3

    @classmethod
    def parse(cls, probe: Mapping[str, Any]) -> "Schedule":
        """The schedule of a probe in a container's spec, with the API's defaults."""
        return cls(
            probe.get("initialDelaySeconds", 0),
            probe.get("periodSeconds", 10),
            probe.get("timeoutSeconds", 1),
            probe.get("successThreshold", 1),
            probe.get("failureThreshold", 3),
        )


@dataclass(frozen=True)
class Streak:
    """Results of the same kind in a row."""

    good: bool = False
    length: int = 0

    def followed_by(self, good: bool) -> "Streak":
        """The streak after one more result."""
        return Streak(good, self.length + 1 if good == self.good else 1)

    def verdict(self, schedule: Schedule) -> bool | None:
        """Passed, failed, or too early to say: what was so before stays."""
        if self.good and self.length >= schedule.successes:
            return True
        if not self.good and self.length >= schedule.failures:
            return False
        return None


@dataclass(frozen=True)
class Result:
    """One look. `problem` is "" where nothing is wrong."""

    problem: str
    verdict: bool | None


async def results(check: Check, schedule: Schedule) -> AsyncIterator[Result]:
    """Looks as `schedule` says, for good.

    A program needs a moment until it listens: looks of the first period that find something wrong are repeated
    quickly, and the last of them counts as the first result.
    """
    await asyncio.sleep(schedule.delay)
    streak = Streak()
    begun = time.monotonic()
    problem = await _first(check, schedule)
    while True:
        streak = streak.followed_by(not problem)
        yield Result(problem, streak.verdict(schedule))
        begun = max(begun + schedule.period, time.monotonic())
        await asyncio.sleep(begun - time.monotonic())
        problem = await check()


async def _first(check: Check, schedule: Schedule) -> str:
    deadline = time.monotonic() + min(WARM_UP_SECONDS, schedule.period)
    gap = FIRST_GAP
    while (problem := await check()) and time.monotonic() + gap < deadline:
        await asyncio.sleep(gap)
        gap = min(2 * gap, LONGEST_GAP)
    return problem
