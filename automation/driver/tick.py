"""What a tick came to, and what may be wrong with a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from automation.core.status import Status


@dataclass(frozen=True)
class Refusal:
    """The document is refused; `text` holds every problem of it."""

    text: str


@dataclass(frozen=True)
class Stopped:
    """A policy stopped the step: nothing moved, and the next tick tries again."""

    text: str


@dataclass(frozen=True)
class Rival:
    """Another driver drives the Canary; `text` is its identity."""

    text: str


@dataclass(frozen=True)
class Obstacle:
    """A run can't begin until somebody mends what `text` says."""

    text: str


@dataclass(frozen=True)
class Failing:
    """The update that must succeed before any traffic moves fails; `text` says how."""

    text: str


Trouble: TypeAlias = Refusal | Stopped | Rival | Obstacle | Failing


@dataclass(frozen=True)
class Tick:
    """What a tick came to: the status after it, and why.

    `done`: at rest, and nothing that is new waits to be released. `owed`: the stack could not take an update yet, and
    its route was patched directly. `waits`: what has to happen before the Canary moves again, "" where nothing has to.
    `pause`: after how many seconds there is more to do, where that is known.
    """

    status: Status
    reason: str
    trouble: Trouble | None = None
    done: bool = False
    owed: bool = False
    waits: str = ""
    pause: float | None = None
