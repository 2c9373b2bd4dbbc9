"""Between runs, and how a run starts."""

from dataclasses import replace

from automation.core import texts
from automation.core.advice import advice
from automation.core.analysis import MetricCheck
from automation.core.decision import (
    Announce,
    Decision,
    Event,
    Measure,
    RecordRevision,
    Save,
    ScaleTarget,
    warning,
)
from automation.core.gates import gate, rolls_back, wait_at
from automation.core.moves import blocked, note, stay
from automation.core.observation import QueryFailed, Target
from automation.core.phases.capacity import possible
from automation.core.phases.giving_up import give_up
from automation.core.readiness import Readiness
from automation.core.situation import Situation
from automation.core.status import Phase, Status
from automation.core.transitions import enter
from automation.core.verdict import doubt, judge


def idle(at: Situation) -> Decision:
    """Phases Initialized, Succeeded and Failed: wait for a revision that was neither tried nor promoted."""
    target = at.seen.target
    if target is None:
        return stay("the target does not exist", texts.target_missing(at.canary))
    if at.status.phase is Phase.FAILED and target.revision == at.status.last_promoted_spec:
        return _returned(at)
    if target.revision in (at.status.last_applied_spec, at.status.last_promoted_spec):
        return stay("nothing new")
    return start(at, target)


def _returned(at: Situation) -> Decision:
    """The target is back at what was promoted: the rejected revision may be applied, and tried, again."""
    if at.status.last_applied_spec == at.status.last_promoted_spec:
        return stay("nothing new")
    status = replace(at.status, last_applied_spec=at.status.last_promoted_spec)
    return note("the target is back at the promoted revision", status)


def start(at: Situation, target: Target, *events: Event) -> Decision:
    """Start a run of the target's revision, if primary is fit to take the traffic back.

    Without analysis no traffic leaves primary, and what goes out may be the very thing that mends it.
    """
    primary = at.primary_readiness()
    if primary.state != "ready" and not at.canary.skip_analysis:
        return _unfit(at, primary)
    doubtable = () if at.canary.skip_analysis else at.canary.analysis.own_checks
    unasked = tuple(Measure(check) for check in doubtable if check not in at.seen.metrics)
    if unasked:
        return Decision("try the checks on the healthy primary", questions=unasked)
    if hopeless := _unanswerable(at, doubtable):
        return blocked("a check can't be asked", *hopeless)
    doubts = [warning(text) for check in doubtable if (text := doubt(check, at.seen.metrics))]
    if doubts and at.seen.strict:
        return blocked("a check can't pass on the healthy primary", *doubts)
    hooks = gate(at, "confirm-rollout")
    if hooks.question is not None:
        return hooks.question
    if not hooks.passed:
        return _held(at, *events, *hooks.events)
    told = map(warning, (*advice(at.canary), *at.seen.remarks))
    returning = (texts.returning(at.canary),) if target.returns else ()
    said = (*events, *hooks.events, *told, *doubts, texts.new_revision(at.canary), *returning)
    return Decision(
        f"start a run of {target.revision}",
        (
            RecordRevision(target.revision),
            # Before the scaling: what comes of it is looked at as part of the run, and not before it.
            Save(fresh_run(at, target)),
            *scale_from_zero(at, target),
            *(Announce(event) for event in said),
        ),
    )


def waiting(at: Situation) -> Decision:
    """Phase Waiting: a revision that nobody has let in yet. Another one may take its place meanwhile."""
    target = at.seen.target
    if target is None:
        return stay("the target does not exist", texts.target_missing(at.canary))
    if target.revision != at.status.last_promoted_spec:
        return start(at, target)
    returned = enter(
        at.canary, at.status, Phase.INITIALIZED, at.seen.now, last_applied_spec=at.status.last_promoted_spec
    )
    return note("the target is back at the promoted revision", returned)


def _held(at: Situation, *events: Event) -> Decision:
    """What is waited for is said once for each revision."""
    if (late := rolls_back(at, "confirm-rollout")) is not None:
        return give_up(at, "Failed", late)
    waits, wait = events[-1].text, wait_at(at, "confirm-rollout")
    if at.status.phase is Phase.WAITING and at.status.wait == wait:
        return replace(stay("waiting for approval"), waits=waits)
    held = enter(at.canary, at.status, Phase.WAITING, at.seen.now, request=None, wait=wait)
    return replace(note("waiting for approval", held, *events), waits=waits)


def _unfit(at: Situation, primary: Readiness) -> Decision:
    """Why no run starts, and the way out where somebody has to mend primary, or it has lacked pods for an interval, or
    the cluster refuses them.

    One that is rolling is said once to be: what it lacks changes several times a second.
    """
    unready = texts.primary_not_ready(at.canary, primary.why)
    if primary.state == "stuck":
        return blocked("primary is not ready", unready, texts.no_run(at.canary))
    if _is_lost(at):
        return stay("primary is not ready", unready, texts.no_run(at.canary))
    rolling = texts.primary_not_ready(at.canary, "waiting for rollout to finish")
    return replace(stay("primary is rolling", rolling), waits=unready.text)


def _is_lost(at: Situation) -> bool:
    """Whether users have, or soon may have, no primary: one that is rolling keeps the pods that it needs, and gets
    those that it lacks where nobody refuses them."""
    primary = at.seen.primary
    if primary is None or primary.replicas == 0 or primary.refused:
        return True
    return (
        primary.short_since is not None and at.seen.now >= primary.short_since + at.canary.analysis.interval
    )


def _unanswerable(at: Situation, checks: tuple[MetricCheck, ...]) -> list[Event]:
    """What is wrong with checks that can't work with any traffic: a template is missing, or a query isn't one."""
    failed = [
        check
        for check in checks
        if isinstance(answer := at.seen.metrics[check], QueryFailed) and not answer.away
    ]
    return [warning(judge(at.canary, check, at.seen.metrics[check]).detail) for check in failed]


def fresh_run(at: Situation, target: Target) -> Status:
    """The status with which a run of the target's revision begins, or begins anew: at its end, where that returns."""
    stepwise = at.canary.analysis.stepwise
    return enter(
        at.canary,
        at.status,
        Phase.PROGRESSING,
        at.seen.now,
        failed_checks=0,
        canary_weight=0,
        iterations=len(stepwise.steps) if stepwise and target.returns else 0,
        last_applied_spec=target.revision,
        tracked_configs=target.configs,
        judged={},
        split_since=at.seen.now,
        begun_at=at.seen.now,
        counted_at=0.0,
        request=None,
        steps=None,
        prepared=False,
        wait=None,
        frozen=False,
        words={gate: word for gate, word in at.status.words.items() if word.holds or gate == "rollout"},
    )


def scale_from_zero(at: Situation, target: Target) -> tuple[ScaleTarget, ...]:
    """An idle target gets the autoscaler's minimum, as many replicas as its document asks for, or as many as primary
    has; others keep theirs. One that hands its pods over gets those of its step."""
    if target.workload.replicas > 0:
        return ()
    if at.canary.hands_over and at.canary.analysis.stepwise:
        asked = target.asked or 1
        return (
            ScaleTarget(possible(at, at.canary.analysis.stepwise.pods(at.status.iterations, asked), asked)),
        )
    if at.seen.scaler.least is not None:
        return (ScaleTarget(max(1, at.seen.scaler.least)),)
    return (ScaleTarget(max(1, target.asked or (at.seen.primary.replicas if at.seen.primary else 1))),)
