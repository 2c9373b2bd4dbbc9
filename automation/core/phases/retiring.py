"""Leaving without an outage: the target serves again, then the apex goes back to it, then what was generated goes."""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Announce, Decision, Event, Save
from automation.core.moves import attempt, stay
from automation.core.phases.capacity import like_primary
from automation.core.phases.repair import repair
from automation.core.situation import Situation
from automation.core.status import Phase, Placement, Purpose
from automation.core.traffic import ALL_ON_PRIMARY
from automation.core.transitions import enter


def retire(at: Situation, *events: Event) -> Decision:
    """A Canary begins to leave."""
    status = enter(
        at.canary, at.status, Phase.TERMINATING, at.seen.now, request=None, ending="", post_rollout=False
    )
    waking = like_primary(at, at.seen.target) if at.seen.target else ()
    return Decision("retire", (*waking, Save(status), *(Announce(event) for event in events)))


def retiring(at: Situation) -> Decision:
    """Phase Terminating. Primary carries the traffic until the target can, however long that takes."""
    placed = at.status.in_force
    if placed is not None and placed.apex == "target":
        return attempt(at, Purpose.REMOVE, replace(placed, revision=""))
    if (mending := repair(at)) is not None:
        return mending  # primary carries the traffic until the target does
    if at.seen.target is None:
        return stay("the target does not exist", texts.target_missing(at.canary))
    if at.seen.target.workload.replicas == 0:
        return Decision("the target has to serve first", like_primary(at, at.seen.target))
    canary = at.canary_readiness()
    if canary.state != "ready":
        return stay(canary.why, texts.canary_not_ready(at.canary, canary.why))
    revision = placed.revision if placed else ""
    return attempt(at, Purpose.RETIRE, Placement("", "target", ALL_ON_PRIMARY, revision))


def retired(at: Situation) -> Decision:
    """Phase Terminated: nothing leads out of it."""
    return stay("the Canary is retired")
