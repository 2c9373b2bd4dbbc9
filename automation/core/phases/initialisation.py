"""From a target that serves alone to a primary that carries the traffic.

First things first: primary is ready, then the apex Service selects it, then the target goes to zero.
"""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Action, Announce, Decision, MakeLive, RecordRevision
from automation.core.moves import attempt, blocked, stay
from automation.core.observation import Target
from automation.core.phases.capacity import like_primary, like_target
from automation.core.situation import Situation
from automation.core.status import Phase, Placement, Purpose
from automation.core.traffic import ALL_ON_PRIMARY
from automation.core.transitions import enter


def initialising(at: Situation) -> Decision:
    """Phases none and Initializing. The target serves until primary is ready, however long that takes."""
    decision = _next(at)
    if at.seen.providers is None or not any(map(_ends_it, decision.actions)):
        return decision
    return replace(decision, actions=(Announce(texts.providers(at.seen.providers)), *decision.actions))


def _ends_it(action: Action) -> bool:
    """Whether it is the last step: before it, primary is what is waited for, and nothing is said of the providers."""
    return isinstance(action, MakeLive) and action.intent.kind is Purpose.APEX


def _next(at: Situation) -> Decision:
    target = at.seen.target
    if target is None:
        return stay("the target does not exist", texts.target_missing(at.canary))
    if at.status.in_force is None or at.status.in_force.revision != target.revision:
        return _awake(at, target) or _create_primary(at, target)
    if (scaling := like_target(at, target)) is not None:
        return scaling
    primary = at.primary_readiness()
    if primary.state != "ready":
        unready = texts.primary_not_ready(at.canary, primary.why)
        if primary.state == "stuck":
            return blocked(
                "primary is not ready", unready, texts.no_start(at.canary, target.workload.container)
            )
        return stay("primary is not ready", unready)
    return attempt(at, Purpose.APEX, replace(at.in_force, apex="primary"))


def _awake(at: Situation, target: Target) -> Decision | None:
    """A target whose apex Service selects a primary already has to serve before it gets the traffic back."""
    if at.seen.apex != "primary":
        return None
    if target.workload.replicas == 0:
        return Decision("the target has to serve first", like_primary(at, target))
    canary = at.canary_readiness()
    if canary.state == "ready":
        return None
    return stay("the target has to serve first", texts.canary_not_ready(at.canary, canary.why))


def _create_primary(at: Situation, target: Target) -> Decision:
    status = enter(at.canary, at.status, Phase.INITIALIZING, at.seen.now, last_applied_spec=target.revision)
    wanted = Placement("", "target", ALL_ON_PRIMARY, target.revision)
    decision = attempt(at.having(replace(status, tracked_configs=target.configs)), Purpose.INITIALISE, wanted)
    return replace(decision, actions=(RecordRevision(target.revision), *decision.actions))
