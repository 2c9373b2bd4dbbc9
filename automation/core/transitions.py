"""The state machine as a table, and the one way from a phase to another.

`docs/state-machine.md` is generated from the same table.
"""

from dataclasses import dataclass, replace
from typing import Any

from automation.core.moments import timestamp
from automation.core.spec import Canary
from automation.core.status import Condition, Phase, Status


@dataclass(frozen=True)
class Transition:
    """A legal move between phases and what leads to it."""

    source: Phase
    to: Phase
    when: str


JUDGED = (Phase.PROGRESSING, Phase.WAITING_PROMOTION)
"""The canary is checked, and primary runs what it ran before."""
RUNNING = (*JUDGED, Phase.PROMOTING, Phase.FINALISING)
IDLE = (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED)
BEGINNING = (Phase.NONE, Phase.INITIALIZING)
RESTING = (*IDLE, Phase.TERMINATED)
LEAVING = (Phase.TERMINATING, Phase.TERMINATED)
"""The target gets users back, or has them all: what is set on it is judged by nobody."""
_UNSETTLED = (Phase.INITIALIZING, Phase.WAITING, *RUNNING)
TRANSITIONS = (
    Transition(Phase.NONE, Phase.INITIALIZING, "the Canary is seen for the first time: primary is created"),
    Transition(Phase.INITIALIZING, Phase.INITIALIZED, "primary is ready and the apex Service selects it"),
    Transition(Phase.INITIALIZED, Phase.PROGRESSING, "the target has a new revision"),
    Transition(
        Phase.INITIALIZED, Phase.INITIALIZING, "it comes from another driver: primary is created anew"
    ),
    Transition(Phase.SUCCEEDED, Phase.INITIALIZING, "it comes from another driver: primary is created anew"),
    Transition(Phase.SUCCEEDED, Phase.PROGRESSING, "the target has a new revision"),
    Transition(Phase.FAILED, Phase.PROGRESSING, "the target has a new revision, or a retry was asked for"),
    *(
        Transition(phase, Phase.WAITING, "a confirm-rollout hook holds the new revision back")
        for phase in IDLE
    ),
    Transition(Phase.WAITING, Phase.PROGRESSING, "every confirm-rollout hook lets it in"),
    Transition(Phase.WAITING, Phase.INITIALIZED, "the target is back at the promoted revision"),
    Transition(Phase.WAITING, Phase.FAILED, "an abort: the revision is turned away before a run has begun"),
    Transition(
        Phase.PROGRESSING, Phase.WAITING_PROMOTION, "all checks passed, a confirm-promotion hook did not"
    ),
    Transition(
        Phase.WAITING_PROMOTION,
        Phase.PROGRESSING,
        "the target changed: the analysis restarts; or Blue/Green may lead all requests to the canary",
    ),
    Transition(Phase.WAITING_PROMOTION, Phase.PROMOTING, "every confirm-promotion hook lets it in"),
    Transition(Phase.WAITING_PROMOTION, Phase.FAILED, "as from Progressing: checks go on"),
    Transition(Phase.PROGRESSING, Phase.PROGRESSING, "the target changed in mid-run: the analysis restarts"),
    Transition(
        Phase.PROGRESSING, Phase.PROMOTING, "all checks passed at the last weight, or analysis is skipped"
    ),
    Transition(
        Phase.PROGRESSING,
        Phase.FAILED,
        "failed checks, rollback hook, deadline, revert to the promoted revision, abort",
    ),
    Transition(Phase.PROMOTING, Phase.FINALISING, "primary runs the new revision and has all the traffic"),
    Transition(Phase.PROMOTING, Phase.FAILED, "primary did not become ready, or an abort: it was put back"),
    Transition(Phase.FINALISING, Phase.SUCCEEDED, "the target is scaled to zero"),
    *(
        Transition(phase, Phase.TERMINATING, "it was deleted, and reverts on deletion")
        for phase in _UNSETTLED
    ),
    *(Transition(phase, Phase.TERMINATING, "retiring was asked for, or it was deleted") for phase in IDLE),
    Transition(Phase.TERMINATING, Phase.TERMINATED, "the target serves, and what was generated is gone"),
    Transition(
        Phase.FINALISING, Phase.FAILED, "primary fell past its deadline, or an abort: it was put back"
    ),
)
_LEGAL = frozenset((transition.source, transition.to) for transition in TRANSITIONS)
_PROMOTED = {Phase.INITIALIZED: "True", Phase.SUCCEEDED: "True", Phase.FAILED: "False"}


def enter(canary: Canary, status: Status, phase: Phase, now: float, **changes: Any) -> Status:
    """The status in another phase, its condition with it. Raises ValueError for a move that the table lacks.

    `changes` are further fields of the status. A phase that ends something zeroes weight and iterations, and nobody is
    waited for any more.
    """
    if phase != status.phase and (status.phase, phase) not in _LEGAL:
        raise ValueError(f"no way from phase {status.phase or 'none'} to {phase}")
    if phase not in (*JUDGED, Phase.PROMOTING):
        changes = {"canary_weight": 0, "iterations": 0, "wait": None, "frozen": False} | changes
    if phase in (Phase.SUCCEEDED, Phase.FAILED):  # a retry is asked about anew; holds stay
        changes = {"words": {gate: word for gate, word in status.words.items() if word.holds}} | changes
    moved = replace(status, phase=phase, last_transition_time=timestamp(now), **changes)
    return replace(moved, conditions=(_condition(canary, moved, now),))


def touched(status: Status, now: float, **changes: Any) -> Status:
    """The status with other numbers in the same phase."""
    return replace(status, last_transition_time=timestamp(now), **changes)


def _condition(canary: Canary, status: Status, now: float) -> Condition:
    truth = _PROMOTED.get(status.phase, "Unknown")
    reason = status.ending if status.phase is Phase.FAILED and status.ending else str(status.phase)
    earlier = status.conditions[0] if status.conditions else None
    if earlier and (earlier.status, earlier.reason) == (truth, reason):
        return earlier
    time = timestamp(now)
    since = earlier.last_transition_time if earlier and earlier.status == truth else time
    return Condition(truth, reason, _message(canary, status.phase, reason), time, since)


def _message(canary: Canary, phase: Phase, reason: str) -> str:
    kind = canary.target.kind
    messages = {
        "Initializing": f"New {kind} detected, starting initialization.",
        "Initialized": f"{kind} initialization completed.",
        "Waiting": "Waiting for approval.",
        "WaitingPromotion": "Waiting for approval.",
        "Progressing": "New revision detected, progressing canary analysis.",
        "Promoting": "Canary analysis completed, starting primary rolling update.",
        "Finalising": "Canary analysis completed, routing all traffic to primary.",
        "Succeeded": "Canary analysis completed successfully, promotion finished.",
        "Failed": f"Canary analysis failed, {kind} scaled to zero.",
        "Cancelled": f"Canary analysis cancelled by a return to the promoted revision, {kind} scaled to zero.",
        "Terminating": f"Retiring, {kind} gets the traffic back.",
        "Terminated": f"Retired, {kind} has the traffic.",
        "Aborted": f"Canary analysis aborted, {kind} scaled to zero.",
    }
    return messages.get(reason, messages.get(str(phase), ""))
