"""Who goes first where not everybody can: users on a bad revision before those of a run, and both before whom nobody
waits for."""

from __future__ import annotations

from enum import IntEnum

from automation.core.status import TOWARDS_PRIMARY, Purpose
from automation.core.transitions import BEGINNING, RESTING


class Urgency(IntEnum):
    """The smaller, the sooner."""

    BACK = 0  # users are taken back to primary
    STEP = 1  # a run is under way
    REST = 2  # something may have changed
    START = 3  # a target that serves alone gets its primary


_START = frozenset({Purpose.INITIALISE, Purpose.APEX})


def urgency_of(purpose: Purpose) -> Urgency:
    """Of the update of an attempt."""
    if purpose in TOWARDS_PRIMARY:
        return Urgency.BACK
    return Urgency.START if purpose in _START else Urgency.STEP


def urgency_in(phase: str) -> Urgency:
    """Of a look at a Canary in this phase. It may turn out to be a step back, so those under way come first."""
    if phase in BEGINNING:
        return Urgency.START
    return Urgency.REST if phase in RESTING else Urgency.STEP
