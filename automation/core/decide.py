"""The one rule of a release: what to do next, and why.

`decide` is pure: no I/O, no clock, no randomness. It never raises for a bad release.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from automation.core import texts
from automation.core.backoff import pause
from automation.core.decision import Announce, Decision, MakeLive, Save, ScaleTarget, Settled, warning
from automation.core.liveness import is_live
from automation.core.moves import stay
from automation.core.observation import Observation
from automation.core.outbox import alerting
from automation.core.phases.conclusion import concluding
from automation.core.phases.deletion import holding, leave
from automation.core.phases.giving_up import carry_on, give_up
from automation.core.phases.initialisation import initialising
from automation.core.phases.progressing import progressing
from automation.core.phases.promotion import finalising, promoting
from automation.core.phases.repair import repair
from automation.core.phases.requests import answer
from automation.core.phases.retiring import retired, retiring
from automation.core.phases.start import idle, waiting
from automation.core.phases.takeover import taking_over
from automation.core.phases.withdrawal import withdraw
from automation.core.settle import Veto, abandon, settle
from automation.core.situation import Situation
from automation.core.spec import Canary
from automation.core.status import Phase, Purpose, Status
from automation.core.transitions import RUNNING

__all__ = ["Veto", "abandon", "decide", "is_live", "settle"]

_LEAVING: Mapping[Phase, Callable[[Situation], Decision]] = {
    Phase.TERMINATING: retiring,
    Phase.TERMINATED: retired,
}
"""Phases that nothing comes before: neither a suspension nor a repair may hold up who leaves."""
_LEAVING_STEPS = (Purpose.RETIRE, Purpose.REMOVE)
"""Users are served by primary before the one, and by the target before the other."""
_PHASES: Mapping[Phase, Callable[[Situation], Decision]] = {
    Phase.NONE: initialising,
    Phase.INITIALIZING: initialising,
    Phase.INITIALIZED: idle,
    Phase.SUCCEEDED: idle,
    Phase.FAILED: idle,
    Phase.WAITING: waiting,
    Phase.PROGRESSING: progressing,
    Phase.WAITING_PROMOTION: progressing,
    Phase.PROMOTING: promoting,
    Phase.FINALISING: finalising,
}


def decide(canary: Canary, status: Status, observation: Observation) -> Decision:
    """Decide one tick. If the decision has questions, the caller adds their answers to the observation and calls again
    in the same tick. Otherwise it is final, and the caller takes its actions in order."""
    at = Situation(canary, status, observation)
    return alerting(at, _settled(at))


def _settled(at: Situation) -> Decision:
    """What follows from an attempt under way, or else what to do next."""
    canary, status, observation = at.canary, at.status, at.seen
    if status.intent is None:
        return holding(at, _decide(at))
    if is_live(status.intent, observation):
        if observation.route is not None and observation.route.waits:
            return stay(observation.route.waits, texts.not_yet_in_force(canary, observation.route.waits))
        return _after(at, settle(canary, status, status.intent, observation.now))
    return _after(at, abandon(canary, status))


def _decide(at: Situation) -> Decision:
    """What comes before any phase, in order of urgency."""
    if at.seen.deleted and at.seen.held:
        return leave(at)
    if (leaving := _LEAVING.get(at.status.phase)) is not None:
        return _unhurried(at, leaving(at))
    if at.status.ending:
        return _unhurried(at, carry_on(at))
    if (concluded := concluding(at)) is not None:
        return concluded
    if at.status.request and at.status.request.verb == "retire":
        return answer(at, at.status.request)
    if at.status.phase in RUNNING and _failed_too_long(at):
        return give_up(at, "Failed", texts.updates_failed(at.canary))
    if at.status.request and at.status.request.verb == "abort":
        return answer(at, at.status.request)
    if (withdrawing := withdraw(at)) is not None:
        return withdrawing
    if at.canary.suspend:
        return replace(stay("suspended", texts.suspended()), waits=texts.let_in(at.canary))
    if (mending := repair(at)) is not None:
        return mending
    if at.seen.problems and at.status.phase not in RUNNING:
        return stay("the tick can't go on", *(warning(problem) for problem in at.seen.problems))
    if (taken := taking_over(at)) is not None:
        return taken
    if at.status.request:
        return answer(at, at.status.request)
    phase = _PHASES.get(at.status.phase)
    if phase is None:
        return stay(f"phase {at.status.phase} is not driven by this version")
    return _unhurried(at, phase(at))


def _failed_too_long(at: Situation) -> bool:
    setback = at.seen.setback
    return setback is not None and at.seen.now > setback.since + at.canary.progress_deadline


def _unhurried(at: Situation, decision: Decision) -> Decision:
    """The decision, unless it is a step that can wait and the last one failed only just now."""
    setback = at.seen.setback
    waits = any(isinstance(action, MakeLive) and _can_wait(at, action) for action in decision.actions)
    if setback is None or not waits or at.seen.now >= setback.at + pause(setback.tries):
        return decision
    return stay("the last step failed, and is not tried again yet")


def _can_wait(at: Situation, step: MakeLive) -> bool:
    """Whether no users wait for a step: it leads nobody back to primary, or all are there already."""
    live = at.seen.route
    back = live is not None and live.traffic == step.intent.placement.traffic
    return (
        step.forward or step.intent.kind in _LEAVING_STEPS or (step.intent.kind is Purpose.ROLLBACK and back)
    )


def _after(at: Situation, settled: Settled) -> Decision:
    """What follows an attempt that is live, or that was dropped; the tick goes on if there is nothing to wait for."""
    scale = () if settled.scale_target is None else (ScaleTarget(settled.scale_target),)
    said = tuple(Announce(event) for event in settled.events)
    if not settled.again:
        again = at.seen.now if settled.status.post_rollout else None
        return Decision("an attempt is live", (*scale, Save(settled.status), *said), again=again)
    following = _decide(at.having(settled.status))
    if following.questions or any(isinstance(action, Save) for action in following.actions):
        return replace(following, actions=(*scale, *said, *following.actions))
    return replace(following, actions=(*scale, Save(settled.status), *said, *following.actions))
