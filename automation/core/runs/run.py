"""An analysis under way: which metrics are due, what their measurements come to, when to look again.

Pure functions over values, by the rules of Argo's AnalysisRun. Measurements are made at once: a metric is never half
measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automation.core.moments import timestamp, unix_seconds
from automation.core.runs.measurement import Measurement, Outcome
from automation.core.runs.metric import RETRY, Metric, Plan
from automation.core.runs.tally import Tally, assessed, overstepped

_TERMINATED = "Run Terminated"


@dataclass(frozen=True)
class Run:
    """Where an analysis stands. Times are unix seconds; `completed_at` is None while it runs. `terminated`: somebody
    has asked it to stop."""

    started_at: float
    outcome: Outcome = Outcome.RUNNING
    message: str = ""
    results: Mapping[str, Tally] = field(default_factory=dict, hash=False)
    completed_at: float | None = None
    terminated: bool = False

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Run:
        """Read the `.status` of an AnalysisRun, and beside it whether its `spec` says `terminate`."""
        completed = document.get("completedAt")
        return cls(
            started_at=unix_seconds(str(document["startedAt"])),
            outcome=Outcome(document.get("phase") or Outcome.RUNNING),
            message=str(document.get("message") or ""),
            results={str(one["name"]): Tally.parse(one) for one in document.get("metricResults") or ()},
            completed_at=unix_seconds(str(completed)) if completed else None,
            terminated=bool(document.get("terminate")),
        )

    def document(self) -> dict[str, Any]:
        """The `.status` of an AnalysisRun, as far as it is remembered."""
        found: dict[str, Any] = {
            "phase": str(self.outcome),
            "startedAt": timestamp(self.started_at),
            "metricResults": [tally.document(name) for name, tally in self.results.items()],
        }
        optional = {
            "message": self.message,
            "completedAt": "" if self.completed_at is None else timestamp(self.completed_at),
            "terminate": self.terminated,
        }
        return found | {name: value for name, value in optional.items() if value}


def due(plan: Plan, run: Run, now: float) -> tuple[Metric, ...]:
    """The metrics that are to be measured now."""
    if run.outcome.ended or _terminating(plan, run):
        return ()
    return tuple(metric for metric in plan.metrics if (at := _next(run, metric)) is not None and at <= now)


def next_at(plan: Plan, run: Run) -> float | None:
    """When the next metric is due, in unix seconds; None if none will be."""
    if run.outcome.ended or _terminating(plan, run):
        return None
    return min((at for metric in plan.metrics if (at := _next(run, metric)) is not None), default=None)


def _next(run: Run, metric: Metric) -> float | None:
    """When a metric is due; None once it has ended."""
    tally = run.results.get(metric.name)
    if tally is None or not tally.measurements:
        return run.started_at + metric.initial_delay
    if tally.outcome.ended:
        return None
    last = tally.measurements[-1]
    if last.outcome is Outcome.ERROR or metric.interval is None:
        return last.at + RETRY
    return last.at + metric.interval


def measured(plan: Plan, run: Run, name: str, measurement: Measurement) -> Run:
    """The analysis with one more measurement of a metric; `concluded` says what it comes to."""
    tally = run.results.get(name, Tally()).counting(measurement, plan.retained(name))
    return replace(run, results={**run.results, name: tally})


def terminate(run: Run) -> Run:
    """The analysis, asked to stop: what was measured so far decides."""
    return replace(run, terminated=True)


def concluded(plan: Plan, run: Run, now: float) -> Run:
    """The analysis with its outcome. As soon as a metric ends badly the others are stopped; the worst one counts."""
    if run.outcome.ended:
        return run
    run = _assessed(plan, run)
    if terminating := _terminating(plan, run):
        run = _assessed(plan, run)
    ended = all(
        metric.name in run.results and run.results[metric.name].outcome.ended for metric in plan.metrics
    )
    if not (terminating or ended):
        return run
    outcome, message = _worst(plan, run)
    return replace(run, outcome=outcome, message=message, completed_at=now)


def _terminating(plan: Plan, run: Run) -> bool:
    """Whether nothing is measured any more: it was asked to stop, or a metric that decides has ended badly."""
    bad = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE)
    deciding = (tally for name, tally in run.results.items() if name not in plan.dry_run)
    return run.terminated or any(tally.outcome in bad for tally in deciding)


def _assessed(plan: Plan, run: Run) -> Run:
    terminating = _terminating(plan, run)
    found = {
        metric.name: assessed(metric, run.results[metric.name], terminating=terminating)
        for metric in plan.metrics
        if metric.name in run.results
    }
    return replace(run, results={**run.results, **found})


def _worst(plan: Plan, run: Run) -> tuple[Outcome, str]:
    """The worst outcome of the metrics that decide, and what is said of it."""
    worst, message = Outcome.SUCCESSFUL, _TERMINATED if run.terminated else ""
    for metric in plan.metrics:
        tally = run.results.get(metric.name)
        if tally is None or metric.name in plan.dry_run or not tally.outcome.worse_than(worst):
            continue
        worst = tally.outcome
        _, limit = overstepped(metric, tally)
        if limit:
            error = f': "Error Message: {tally.message}"' if tally.message else ""
            message = f'Metric "{metric.name}" assessed {worst} due to {limit}{error}'
    return worst, message


def summaries(plan: Plan, run: Run) -> dict[str, Any]:
    """What the `.status` of an AnalysisRun sums up: the metrics that decide, and those that don't."""
    return {
        "runSummary": _summary(plan, run, dry_run=False),
        "dryRunSummary": _summary(plan, run, dry_run=True),
    }


def _summary(plan: Plan, run: Run, *, dry_run: bool) -> dict[str, int]:
    """How many metrics there are, and how many of them ended in which way; those that have none are left out."""
    named = [metric.name for metric in plan.metrics if (metric.name in plan.dry_run) is dry_run]
    ended = [run.results[name].outcome for name in named if name in run.results]
    counts = {str(outcome).lower(): ended.count(outcome) for outcome in Outcome if outcome.ended}
    return {name: number for name, number in ({"count": len(named)} | counts).items() if number}
