"""A run under way: the canary gets ready, is checked, and gets more traffic for as long as it passes."""

from dataclasses import replace

from automation.core import texts
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
from automation.core.evidence import CheckResult
from automation.core.freshness import is_early, judgeable, judged
from automation.core.gates import gate, word_on
from automation.core.moves import attempt, note, stay
from automation.core.observation import Answer, NothingMeasured, QueryFailed, Target
from automation.core.pace import counted_now, rest
from automation.core.phases.advancing import let_pass, promote, promote_unasked
from automation.core.phases.capacity import taken_back
from automation.core.phases.giving_up import give_up
from automation.core.phases.start import fresh_run, scale_from_zero
from automation.core.phases.stepping import finish, is_waiting, stepping
from automation.core.situation import Situation
from automation.core.status import Purpose
from automation.core.transitions import touched
from automation.core.verdict import judge


def progressing(at: Situation) -> Decision:
    target, status = at.seen.target, at.status
    if target is None:
        return give_up(at, "Failed", texts.target_missing(at.canary))
    if target.revision == status.last_promoted_spec != status.last_applied_spec:
        return give_up(at, "Cancelled", texts.reverted(at.canary))
    if target.revision != status.last_applied_spec:
        return _restart(at, target)
    stepwise, steps = at.canary.analysis.stepwise, status.steps
    if stepwise and steps and steps.checksum != stepwise.checksum:
        return _restart(at, target)
    if stepwise and at.canary.hands_over and target.asked == 0:
        return finish(at, stepwise)  # nobody is served, and so nobody is asked
    return _unready(at, target) or (stepping(at, stepwise) if stepwise else _analyse(at))


def _restart(at: Situation, target: Target) -> Decision:
    """Traffic back first; then the run begins anew with the new revision.

    Running pods don't read changed configuration, so they are stopped and started again for it.
    """
    if not at.status.traffic.on_primary:
        back = taken_back(at)
        if back == at.status.traffic:
            return stay("stable pods are coming back")
        return attempt(at, Purpose.RESTART, replace(at.in_force, traffic=back))
    stop = (ScaleTarget(0),) if target.configs != at.status.tracked_configs else ()
    return Decision(
        f"restart with {target.revision}",
        (
            RecordRevision(target.revision),
            *stop,
            Save(fresh_run(at, target)),
            Announce(texts.restarting(at.canary)),
        ),
    )


def _unready(at: Situation, target: Target) -> Decision | None:
    """What to do about workloads that are not ready; None if both are."""
    primary, canary = at.primary_readiness(), at.canary_readiness()
    if primary.state != "ready" and not at.canary.skip_analysis:
        said = texts.primary_not_ready(at.canary, primary.why)
        return give_up(at, "Failed", said) if primary.state == "stuck" else stay("primary is not ready", said)
    if target.workload.replicas == 0:
        scale = scale_from_zero(at, target) if target.workload.running == 0 else ()
        return Decision("the target is at zero", scale)
    if canary.state != "ready":
        said = texts.canary_not_ready(at.canary, canary.why)
        stuck = canary.state == "stuck" and not is_waiting(at)
        return give_up(at, "Failed", said) if stuck else stay("the canary is not ready", said)
    return None


def _analyse(at: Situation) -> Decision:
    if at.canary.skip_analysis:
        return promote_unasked(at, _ready_result(at))
    word = word_on(at, "confirm-promotion")
    if word is not None and word.now:
        return promote(at, _ready_result(at))
    if at.status.failed_checks >= at.canary.analysis.threshold and not _is_frozen(at):
        return _fail(at, ())  # the document was edited in mid-run
    if (resting := rest(at)) is not None:
        return resting
    back = gate(at, "rollback")
    if back.question is not None:
        return back.question
    if not back.passed:
        return give_up(at, "Failed", *back.events, texts.called_back(at.canary))
    if _is_frozen(at):
        return _freeze(at, called=True)
    if at.status.progress.begun:
        return _check(at)
    return stay("the run can't begin", *_problems(at)) if at.seen.problems else _begin(at)


def _begin(at: Situation) -> Decision:
    """The first weight, once all pre-rollout hooks have passed: once in a run, whatever it waits for then."""
    if at.status.prepared:
        known = (CheckResult(hook.name, "hook", True) for hook in at.canary.analysis.hooks("pre-rollout"))
        return let_pass(at, (*_ready_result(at), *known))
    hooks = gate(at, "pre-rollout")
    if hooks.question is not None:
        return hooks.question
    results, events = (*_ready_result(at), *hooks.results), (texts.starting(at.canary), *hooks.events)
    if not hooks.passed:
        return _failed_check(at, results, *events)
    return let_pass(at.having(replace(at.status, prepared=True)), results, *events)


def _check(at: Situation) -> Decision:
    """One tick of analysis: hooks in order, then metrics in order; the first failure ends it."""
    hooks = gate(at, "rollout")
    if hooks.question is not None:
        return hooks.question
    results = (*_ready_result(at), *hooks.results)
    if not hooks.passed:
        return _failed_check(at, results, *hooks.events)
    checks = at.canary.analysis.checks
    unasked = tuple(Measure(check, at.status.begun_at) for check in checks if check not in at.seen.metrics)
    return Decision("measure", questions=unasked) if unasked else _measured(at, results)


def _measured(at: Situation, results: tuple[CheckResult, ...]) -> Decision:
    times = dict(at.status.judged)
    for check in at.canary.analysis.checks:
        given = at.seen.metrics[check]
        answer = judgeable(at, check, given)
        if answer is None:
            return stay(f"{check.name} has nothing new to judge", *_waiting(at, check, given))
        result = judge(at.canary, check, answer)
        results += (result,)
        times |= judged(at, check, answer)
        if not result.passed:
            failed = at.having(replace(at.status, judged=times))
            return _failed_check(failed, results, warning(result.detail))
    return _passed(at.having(replace(at.status, judged=times)), results)


def _waiting(at: Situation, check: MetricCheck, given: Answer) -> tuple[Event, ...]:
    """What is said of a check that the tick waits for: a value that is only not new yet is nobody's trouble."""
    match given:
        case QueryFailed():
            return (warning(judge(at.canary, check, given).detail),)
        case NothingMeasured() if is_early(at):
            return (texts.waiting_for_data(at.canary, check.name),)
        case NothingMeasured(detail=detail) if at.canary.analysis.waits_for_traffic:
            return (texts.waiting_for_requests(at.canary, check.name, detail),)
        case _:
            return ()


def _failed_check(at: Situation, results: tuple[CheckResult, ...], *events: Event) -> Decision:
    """Count it, and end the run in the same tick if it was the last one allowed."""
    failed = at.status.failed_checks + 1
    status = touched(at.status, at.seen.now, failed_checks=failed, counted_at=counted_now(at))
    if failed < at.canary.analysis.threshold:
        return note("a check failed", status, *events)
    return _fail(at.having(status), results, *events)


def _fail(at: Situation, results: tuple[CheckResult, ...], *events: Event) -> Decision:
    """Back to primary, or a stop for people to decide, as the document says."""
    if at.canary.analysis.on_failure == "rollback":
        said = (*events, texts.threshold_reached(at.canary, at.status.failed_checks))
        return give_up(at, "Failed", *said, checks=results)
    return _freeze(at.having(replace(at.status, frozen=True)), *events, checks=results)


def _is_frozen(at: Situation) -> bool:
    return at.status.frozen and at.canary.analysis.on_failure != "rollback"


def _freeze(
    at: Situation, *events: Event, checks: tuple[CheckResult, ...] = (), called: bool = False
) -> Decision:
    """Pods and traffic stay as they are, or users go back to primary and the pods stay to be looked at. People are
    called unless they were before."""
    keeps = at.canary.analysis.on_failure == "freeze"
    traffic = at.status.traffic if keeps else at.status.traffic.withdrawn()
    said = texts.frozen(at.canary, at.status.failed_checks, traffic)
    if not (keeps or at.status.traffic.on_primary):
        wanted = replace(at.in_force, traffic=traffic)
        return attempt(at, Purpose.RESTORE, wanted, *events, said, checks=checks)
    if called:
        return stay("frozen", replace(said, alert=None))
    return replace(note("frozen", at.status, *events, said), waits=said.text)


def _passed(at: Situation, results: tuple[CheckResult, ...]) -> Decision:
    if at.seen.problems:
        return note("the run can't go on", at.status, *_problems(at))
    return let_pass(at, results)


def _problems(at: Situation) -> tuple[Event, ...]:
    """What keeps the weight from rising. Checks go on meanwhile, so that a bad canary is still rolled back."""
    return tuple(warning(problem) for problem in at.seen.problems)


def _ready_result(at: Situation) -> tuple[CheckResult, ...]:
    workload = at.seen.target.workload if at.seen.target else None
    detail = f"{workload.available} of {workload.replicas} replicas are available" if workload else ""
    return (CheckResult("canary-ready", "readiness", True, detail=detail),)
