"""Points in time as expr-lang writes them where a query has a range: `now() - duration("1h")`.

Conditions have no clock; the time of a measurement is given here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from automation.core.durations import seconds_of
from automation.core.moments import unix_seconds

_QUOTED = r"""["']([^"']*)["']"""
_BEGINNING = re.compile(rf"\s*(?:now\(\)|date\({_QUOTED}\))")
_DISTANCE = re.compile(rf"\s*([+-])\s*duration\({_QUOTED}\)")


@dataclass(frozen=True)
class Instant:
    """`date` in unix seconds, None for the time of the measurement, and so many seconds later."""

    date: float | None = None
    later: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Instant:
        """Raises ValueError for what is no such point."""
        beginning = _BEGINNING.match(text)
        if beginning is None:
            raise ValueError(f"{text!r} begins neither with now() nor with date(...)")
        later, place = 0.0, beginning.end()
        while distance := _DISTANCE.match(text, place):
            sign = 1 if distance[1] == "+" else -1
            later, place = later + sign * seconds_of(distance[2]), distance.end()
        if text[place:].strip():
            raise ValueError(f"{text[place:].strip()!r} is not known there; add or take away a duration(...)")
        return cls(None if beginning[1] is None else unix_seconds(beginning[1]), later)

    def at(self, now: float) -> float:
        """In unix seconds, for a measurement at `now`."""
        return (now if self.date is None else self.date) + self.later
