"""From a canary that passed to a primary that runs its revision and has all the traffic."""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Announce, Decision, Save, ScaleTarget
from automation.core.moves import attempt, note, stay
from automation.core.pace import rest
from automation.core.phases.giving_up import give_up
from automation.core.situation import Situation
from automation.core.status import Phase, Purpose
from automation.core.strategies.registry import strategy_of
from automation.core.transitions import enter


def promoting(at: Situation) -> Decision:
    """Wait for primary, then move the traffic back, at once or in steps. Nothing is measured any more."""
    if (waiting := _primary_unready(at)) is not None:
        return waiting
    if at.status.traffic.on_primary:
        return note("no traffic to move back", enter(at.canary, at.status, Phase.FINALISING, at.seen.now))
    if (resting := rest(at)) is not None:
        return resting
    back = strategy_of(at.canary.analysis).back(at.canary.analysis, at.status.traffic)
    moved = (
        at.status.traffic.withdrawn()
        if back.on_primary
        else replace(back, affinity=at.status.traffic.affinity)
    )
    return attempt(at, Purpose.RETURN, replace(at.in_force, traffic=moved))


def finalising(at: Situation) -> Decision:
    """Primary has all the traffic: the target goes to zero and the run has succeeded."""
    if (waiting := _primary_unready(at)) is not None:
        return waiting
    owed = bool(at.canary.analysis.hooks("post-rollout"))
    status = enter(
        at.canary,
        at.status,
        Phase.SUCCEEDED,
        at.seen.now,
        last_promoted_spec=at.in_force.revision,
        post_rollout=owed,
    )
    if owed:
        return Decision("promoted", (ScaleTarget(0), Save(status)), again=at.seen.now)
    return Decision("promoted", (ScaleTarget(0), Save(status), Announce(texts.promoted(at.canary))))


def _primary_unready(at: Situation) -> Decision | None:
    primary = at.primary_readiness()
    if primary.state == "ready":
        return None
    if primary.state == "stuck":
        return give_up(at, "Failed", texts.promotion_failed(at.canary, primary.why))
    return stay("primary is not ready", texts.primary_not_ready(at.canary, primary.why))
