"""Who goes first where not everybody can: users on a bad revision before those of a run, and both before whom nobody
waits for."""

from __future__ import annotations

from enum import IntEnum

from automation.core.status import Phase, Purpose


class Urgency(IntEnum):
    """The smaller, the sooner."""

    BACK = 0  # users are taken back to primary
    STEP = 1  # a run is under way
    REST = 2  # something may have changed
    START = 3  # a target that serves alone gets its primary


_BACK = frozenset({Purpose.RESTART, Purpose.RETURN, Purpose.RESTORE, Purpose.ROLLBACK})
_START = frozenset({Purpose.INITIALISE, Purpose.APEX})
_AT_REST = frozenset({Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATED})
_BEGINNING = frozenset({Phase.NONE, Phase.INITIALIZING})


def urgency_of(purpose: Purpose) -> Urgency:
    """Of the update of an attempt."""
    if purpose in _BACK:
        return Urgency.BACK
    return Urgency.START if purpose in _START else Urgency.STEP


def urgency_in(phase: str) -> Urgency:
    """Of a look at a Canary in this phase. It may turn out to be a step back, so those under way come first."""
    if phase in _BEGINNING:
        return Urgency.START
    return Urgency.REST if phase in _AT_REST else Urgency.STEP
