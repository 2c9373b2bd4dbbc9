"""A Canary that is deleted: with `revertOnDeletion` it stays until users are back on the target, as Flagger has it."""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Announce, Decision, Event, Hold
from automation.core.phases.retiring import retire, retiring
from automation.core.situation import Situation
from automation.core.status import Phase


def holding(at: Situation, decision: Decision) -> Decision:
    """The decision, and before it whether the Canary is to be there until users are back on the target."""
    wanted = at.canary.revert_on_deletion
    if at.seen.deleted or at.seen.held == wanted or decision.questions:
        return decision
    return replace(decision, actions=(Hold(wanted), *decision.actions))


def leave(at: Situation) -> Decision:
    """The next move of a Canary that was deleted and is held, from whatever phase it was in.

    Without a target nobody could take the traffic over: whoever deletes both wants both gone.
    """
    if at.seen.target is None:
        return _let_go("the target is gone too", texts.target_missing(at.canary))
    if at.status.phase in (Phase.NONE, Phase.TERMINATED):
        return _let_go("users are on the target", texts.terminated(at.canary))
    if at.status.phase is Phase.TERMINATING:
        return retiring(at)
    unproven = at.seen.target.revision != at.status.last_promoted_spec
    said = [texts.terminating(at.canary), *([texts.unproven(at.canary)] if unproven else [])]
    return retire(at, *said)


def _let_go(reason: str, *events: Event) -> Decision:
    return Decision(reason, (Hold(False), *(Announce(event) for event in events)))
