"""A run by steps, as an Argo Rollout has it: each step is waited for, and analyses go on beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from automation.core import texts
from automation.core.decision import Decision, Event, Save, ScaleTarget, Take, warning
from automation.core.evidence import CheckResult
from automation.core.moves import attempt, note
from automation.core.observation import Ended, QueryFailed, Taken, Unfinished
from automation.core.phases.capacity import possible, unborne
from automation.core.phases.giving_up import give_up
from automation.core.runs.measurement import Measurement, Outcome, judged, unmeasured
from automation.core.runs.metric import Metric, Plan
from automation.core.runs.run import Run, concluded, due, measured, next_at, terminate
from automation.core.runs.tally import Tally
from automation.core.situation import Situation
from automation.core.status import Placement, Purpose, Status
from automation.core.steps import Analyse, Pause, SetScale, SetWeight
from automation.core.stepwise import StepStatus, Stepwise
from automation.core.strategies.registry import strategy_of
from automation.core.transitions import touched

BACKGROUND, INLINE = "background", "inline"
BAD = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE)
"""How an analysis, or a metric of one, ends that lets nothing go on."""


def stepping(at: Situation, stepwise: Stepwise) -> Decision:
    """One tick: what analyses have measured is counted, a bad one ends the run, and the present step is looked at."""
    begun = at.having(_begun(at, stepwise))
    questions = tuple(_unasked(begun, stepwise))
    if questions:
        return Decision("measure", questions=questions)
    decision = _decided(begun.having(_measured(begun, stepwise)), stepwise)
    news = tuple(action for action in decision.actions if action != Save(at.status))
    return replace(decision, actions=news)


def _decided(at: Situation, stepwise: Stepwise) -> Decision:
    for run, told in _runs(at.status):
        if run.outcome in (Outcome.FAILED, Outcome.ERROR):
            said = texts.analysis_failed(at.canary, told, run.message)
            return give_up(at, "Failed", said, checks=_checks(at))
        if run.outcome is Outcome.INCONCLUSIVE:
            return note("an analysis can't tell", at.status, texts.inconclusive(at.canary, told, run.message))
    if strategy_of(at.canary.analysis).ended(at.canary.analysis, at.status.progress):
        return finish(at, stepwise)
    return _step(at, stepwise)


def finish(at: Situation, stepwise: Stepwise) -> Decision:
    """Primary gets the revision that was tested; what is still measured stops."""
    steps, plan = at.status.steps, stepwise.background
    if steps and steps.background and plan:
        stopped = concluded(plan, terminate(steps.background), at.seen.now)
        at = at.having(replace(at.status, steps=replace(steps, background=stopped)))
    scaling = _scaling(at, len(stepwise.steps), stepwise) if at.canary.hands_over and _whole(at) else None
    if scaling is not None:
        return scaling  # whoever becomes primary needs its pods first
    wanted = replace(at.in_force, revision=at.status.last_applied_spec)
    return attempt(at, Purpose.PROMOTE, _turned(at, wanted), checks=_checks(at))


def _turned(at: Situation, wanted: Placement) -> Placement:
    """Where Services take turns, users stay with the canary's, which becomes primary's: no selector changes under
    their requests."""
    if not at.canary.service.turns:
        return wanted
    return replace(wanted, turned=not wanted.turned, traffic=wanted.traffic.withdrawn())


def promote(at: Situation, stepwise: Stepwise) -> Decision:
    """Somebody lets the run go on: past the present step, or past an analysis that could not tell."""
    status = replace(at.status, request=None)
    background = status.steps.background if status.steps else None
    if status.steps and background and background.outcome is Outcome.INCONCLUSIVE:
        return note("measured anew", replace(status, steps=replace(status.steps, background=None)))
    if status.iterations >= len(stepwise.steps):
        return note("all steps are completed", status)
    return _completed(at.having(status))


def _begun(at: Situation, stepwise: Stepwise) -> Status:
    """The status with the analyses that begin now."""
    status, now = at.status, at.seen.now
    steps = status.steps or StepStatus(stepwise.checksum, now)
    if stepwise.background and not steps.background and status.iterations >= stepwise.starting_step:
        steps = replace(steps, background=Run(now))
    if status.iterations in stepwise.plans and not steps.of_step(status.iterations):
        steps = replace(steps, inline=Run(now), inline_step=status.iterations)
    return replace(status, steps=steps)


@dataclass(frozen=True)
class _Analysis:
    """An analysis under way: its name, what it is to do, and where it stands."""

    name: str
    plan: Plan
    run: Run


def _analyses(status: Status, stepwise: Stepwise) -> Iterator[_Analysis]:
    steps = status.steps
    if steps and steps.background and stepwise.background:
        yield _Analysis(BACKGROUND, stepwise.background, steps.background)
    inline = steps.of_step(status.iterations) if steps else None
    if inline and status.iterations in stepwise.plans:
        yield _Analysis(INLINE, stepwise.plans[status.iterations], inline)


def _runs(status: Status) -> Iterator[tuple[Run, str]]:
    """Each analysis with what Argo calls it."""
    if status.steps and status.steps.background:
        yield status.steps.background, "Background"
    if status.steps and (inline := status.steps.of_step(status.iterations)):
        yield inline, "Step-based"


def _unasked(at: Situation, stepwise: Stepwise) -> Iterator[Take]:
    for one in _analyses(at.status, stepwise):
        for metric in due(one.plan, one.run, at.seen.now):
            if (one.name, metric.name) not in at.seen.taken:
                tally = one.run.results.get(metric.name, Tally())
                yield Take(one.name, metric, tally.count + tally.error, one.run.started_at)


def _measured(at: Situation, stepwise: Stepwise) -> Status:
    """The status with what was measured in this tick."""
    steps = at.status.steps
    if steps is None:
        return at.status
    for one in _analyses(at.status, stepwise):
        run = one.run
        for metric in due(one.plan, run, at.seen.now):
            if (found := _measurement(at, one.name, metric)) is not None:
                run = measured(one.plan, run, metric.name, found)
        run = concluded(one.plan, run, at.seen.now)
        steps = replace(steps, background=run) if one.name == BACKGROUND else replace(steps, inline=run)
    return replace(at.status, steps=steps)


def _measurement(at: Situation, name: str, metric: Metric) -> Measurement | None:
    """What comes of an answer; None while there is none yet."""
    match at.seen.taken[name, metric.name]:
        case Unfinished():
            return None
        case QueryFailed(detail=detail):
            return unmeasured(detail, at.seen.now)
        case Ended(passed=passed, message=message):
            return Measurement(Outcome.SUCCESSFUL if passed else Outcome.FAILED, at.seen.now, message=message)
        case Taken(value=value):
            return judged(metric, value, at.seen.now)


def _step(at: Situation, stepwise: Stepwise) -> Decision:
    """The present step: whether it is completed, or what is done about it."""
    step, steps = stepwise.steps[at.status.iterations], at.status.steps
    if _is_hidden(at) and not isinstance(step, SetScale | SetWeight):
        return attempt(at, Purpose.ADVANCE, at.in_force)
    match step:
        case Pause(None):
            return _waits(at, stepwise, texts.waiting_for_promotion(at.canary, at.status.progress))
        case Pause(seconds=float(seconds)) if steps and at.seen.now < steps.since + seconds:
            return _waits(at, stepwise)
        case Analyse() if not _is_passed(at):
            return _waits(at, stepwise)
        case SetScale() if (scaling := _scaling(at, at.status.iterations, stepwise)) is not None:
            return scaling
        case SetWeight() if at.canary.hands_over and _lacks_pods(at, stepwise):
            return _scaling(at, at.status.iterations, stepwise) or _waits(at, stepwise)
        case SetWeight(weight) if weight < min(unborne(at), at.status.traffic.weight):
            return _waits(at, stepwise)
    if at.seen.problems:
        return _waits(at, stepwise, *map(warning, at.seen.problems))
    return _completed(at)


def is_waiting(at: Situation) -> bool:
    """Whether a run by steps waits at a step that asks for no pods: however long that takes, it is no deadline's."""
    stepwise, index = at.canary.analysis.stepwise, at.status.iterations
    if stepwise is None or at.status.steps is None or index >= len(stepwise.steps):
        return False
    return not isinstance(stepwise.steps[index], SetScale | SetWeight)


def _is_hidden(at: Situation) -> bool:
    """Whether what people have made for the canary alone does not lead to it yet."""
    named = at.canary.hands_over and (at.canary.service.canary or at.canary.service.subsets)
    return bool(named) and at.in_force.canary != at.status.last_applied_spec


def _is_passed(at: Situation) -> bool:
    inline = at.status.steps.of_step(at.status.iterations) if at.status.steps else None
    return inline is not None and inline.outcome is Outcome.SUCCESSFUL


def _waits(at: Situation, stepwise: Stepwise, *events: Event) -> Decision:
    """What was measured meanwhile is remembered."""
    step = f"step {at.status.iterations + 1} is not completed"
    return replace(note(step, at.status, *events), again=_next_look(at, stepwise))


def _next_look(at: Situation, stepwise: Stepwise) -> float:
    """When a pause is over or a metric is due, at the latest after an interval."""
    steps, step = at.status.steps, stepwise.steps[at.status.iterations]
    # What is due and not measured yet is under way: it is looked at after an interval.
    due_at = [next_at(one.plan, one.run) for one in _analyses(at.status, stepwise)]
    times = [time for time in due_at if time is not None and time > at.seen.now]
    if steps and isinstance(step, Pause) and step.seconds is not None:
        times.append(steps.since + step.seconds)
    return min([at.seen.now + at.canary.analysis.interval, *times])


def _whole(at: Situation) -> int:
    """How many pods the canary needs to carry everything."""
    if at.canary.hands_over and at.seen.target and at.seen.target.asked is not None:
        return at.seen.target.asked
    return at.seen.primary.replicas if at.seen.primary else 1


def _lacks_pods(at: Situation, stepwise: Stepwise) -> bool:
    """Whether the canary has fewer pods than its next weight asks for. Those that it has beyond that stay until the
    weight is in force, unless their number is the weight."""
    pods = stepwise.pods(at.status.iterations, _whole(at))
    if at.seen.target is None:
        return False
    has = at.seen.target.workload.replicas
    return has < pods or (at.canary.keeping.shared is not None and has != pods)


def _scaling(at: Situation, index: int, stepwise: Stepwise) -> Decision | None:
    """Gives the canary the pods that the step of this index asks for; None once it has been given them. It is ready
    when the run looks at its steps."""
    goal = stepwise.pods(index, _whole(at))
    if at.seen.target is None or at.seen.target.workload.replicas == goal:
        return None
    pods, status = possible(at, goal, _whole(at)), replace(at.status, iterations=index)
    if pods == at.seen.target.workload.replicas:
        return replace(
            note("stable pods make room first", status), again=at.seen.now + at.canary.analysis.interval
        )
    return Decision(f"the canary gets {pods} pods", (ScaleTarget(pods), Save(status)))


def _completed(at: Situation) -> Decision:
    """Counts the present step, and makes live what it asks of the traffic."""
    status = at.status
    following = strategy_of(at.canary.analysis).next(at.canary.analysis, status.progress)
    if following.traffic != status.traffic:
        wanted = replace(at.in_force, traffic=following.traffic)
        return attempt(at, Purpose.ADVANCE, wanted, checks=_checks(at), iterations=following.iterations)
    steps = status.steps.following(at.seen.now) if status.steps else None
    counted = touched(status, at.seen.now, iterations=following.iterations, steps=steps)
    said = texts.step_completed(at.canary, status.iterations)
    completed = note(f"step {following.iterations} is completed", counted, said)
    return replace(completed, again=at.seen.now)  # nothing is waited for


def _checks(at: Situation) -> tuple[CheckResult, ...]:
    """As evidence: the step that was completed before, and each metric with its last measurement. One of these may have
    failed, as long as its metric may go on failing."""
    stepwise, index = at.canary.analysis.stepwise, at.status.iterations
    before = (
        [CheckResult(stepwise.told(index - 1), "step", True)]
        if stepwise and 0 < index <= len(stepwise.steps)
        else []
    )
    return (
        *before,
        *(
            CheckResult(
                name, "analysis", tally.outcome not in BAD, detail=f"{last.outcome} {last.value}".strip()
            )
            for run, _ in _runs(at.status)
            for name, tally in run.results.items()
            for last in tally.measurements[-1:]
        ),
    )
