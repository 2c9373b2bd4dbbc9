"""AnalysisRuns: the analyses of a Rollout's run as objects, for dashboards and `kubectl get analysisruns`.

They tell what is measured here and what came of it. Nobody runs them, and nothing is read back from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from automation.core.kinds import ANALYSIS_RUN, ROLLOUT, Manifest
from automation.core.marks import NUMBER, POD_HASH, owner_reference
from automation.core.moments import timestamp
from automation.core.runs.metric import Metric, Plan
from automation.core.runs.run import Run, concluded, summaries, terminate
from automation.core.status import Phase, Status
from automation.core.steps import SetWeight
from documents.argo.places import written_index
from documents.argo.standing import Standing

BACKGROUND, STEP, BEFORE, AFTER = "Background", "Step", "PrePromotion", "PostPromotion"
"""What an analysis is for, as the label `rollout-type` says it."""
_SUFFIXES: Mapping[str, str] = {BACKGROUND: "", BEFORE: "-pre", AFTER: "-post"}
_TYPE, _INDEX = "rollout-type", "step-index"
_ENDED_WELL = ("Successful",)
_RUNNING = ("", "Pending", "Running")
Named = Mapping[str, Manifest]
"""AnalysisRuns by their names."""


def analysis_runs(at: Standing) -> Iterator[tuple[str, Manifest]]:
    """The AnalysisRuns of the run that the status tells of, each with what it is for; named as if it were the first."""
    steps, stepwise = at.status.steps, at.stepwise
    if steps is None or not at.numbered(at.status.last_applied_spec):
        return
    if steps.background and stepwise.background:
        yield BACKGROUND, _document(at, BACKGROUND, stepwise.background, steps.background)
    if steps.inline and steps.inline_step in stepwise.plans:
        what = purpose(at, steps.inline_step)
        yield what, _document(at, what, stepwise.plans[steps.inline_step], steps.inline)


def purpose(at: Standing, step: int) -> str:
    """What the analysis of a step is for: with blue/green that depends on whether users are switched before it."""
    if not at.is_blue_green:
        return STEP
    switched = any(isinstance(one, SetWeight) for one in at.stepwise.steps[:step])
    return AFTER if switched else BEFORE


def name_for(wanted: Manifest, known: Named) -> str:
    """Its name: that of its first kind, with a number where an earlier run of the same revision has it."""
    base, started = wanted["metadata"]["name"], wanted["status"]["startedAt"]
    for number in range(len(known) + 1):
        name = f"{base}.{number}" if number else base
        if name not in known or (known[name].get("status") or {}).get("startedAt") == started:
            return name
    raise AssertionError("one of n + 1 names is not among n")


def stopped_by_people(known: Iterable[Manifest], status: Status) -> Status:
    """The status of a release whose AnalysisRuns are these, with what somebody has asked of them: `spec.terminate`, as
    Argo's plugin writes it."""
    steps = status.steps
    stopped = {
        (one["metadata"].get("labels", {}).get(_TYPE), (one.get("status") or {}).get("startedAt"))
        for one in known
        if (one.get("spec") or {}).get("terminate")
    }
    if steps is None or not stopped:
        return status
    background, inline = (
        terminate(run) if run and any(_is_one(run, kind, of) for of in stopped) else run
        for kind, run in ((True, steps.background), (False, steps.inline))
    )
    return replace(status, steps=replace(steps, background=background, inline=inline))


def _is_one(run: Run, background: bool, told: tuple[Any, Any]) -> bool:
    """Whether an AnalysisRun of this type and beginning tells of a run."""
    kind, begun = told
    return (kind == BACKGROUND) is background and begun == timestamp(run.started_at)


def is_over(live: Manifest) -> bool:
    """Whether it has ended, so that nothing of it changes any more."""
    return str((live.get("status") or {}).get("phase") or "") not in _RUNNING


def stopped(now: float) -> Manifest:
    """A merge patch for one that nobody goes on with."""
    told = {"phase": "Successful", "message": "Run Terminated", "completedAt": timestamp(now)}
    return {"status": told}


def superfluous(known: Iterable[Manifest], limits: tuple[int, int]) -> Iterator[str]:
    """The names of those that ended and are more than are kept: so many that ended well, and so many others."""
    by_age = sorted(filter(is_over, known), key=lambda one: str(one["status"].get("startedAt")), reverse=True)
    for well, limit in zip((True, False), limits, strict=True):
        found = [one for one in by_age if (one["status"]["phase"] in _ENDED_WELL) is well]
        yield from (one["metadata"]["name"] for one in found[limit:])


def limits(document: Mapping[str, Any]) -> tuple[int, int]:
    """How many AnalysisRuns of a Rollout are kept that ended well, and how many others."""
    said = (document.get("spec") or {}).get("analysis") or {}
    return int(said.get("successfulRunHistoryLimit", 5)), int(said.get("unsuccessfulRunHistoryLimit", 5))


def _document(at: Standing, what: str, plan: Plan, run: Run) -> Manifest:
    revision = at.status.last_applied_spec
    number = at.numbered(revision)
    name = f"{at.canary.name}-{revision}-{number}"
    labels, suffix = {POD_HASH: revision, _TYPE: what}, _SUFFIXES.get(what, "")
    if what == STEP and at.status.steps:
        labels[_INDEX] = str(written_index(at.document, at.status.steps.inline_step))
        suffix = f"-{labels[_INDEX]}"
    return {
        "apiVersion": ANALYSIS_RUN.api_version,
        "kind": ANALYSIS_RUN.kind,
        "metadata": {
            "name": f"{name}{suffix}",
            "namespace": at.canary.namespace,
            "labels": labels,
            "annotations": {NUMBER: str(number)},
            "ownerReferences": [owner_reference(ROLLOUT, at.canary.name, at.live["metadata"]["uid"])],
        },
        "spec": _spec(plan),
        "status": _status(at, plan, run),
    }


def _status(at: Standing, plan: Plan, run: Run) -> Manifest:
    """One that nobody goes on with ends by what was measured so far."""
    if at.status.phase is not Phase.PROGRESSING or at.status.ending:
        run = concluded(plan, terminate(run), at.now)
    told = run.document()
    told.pop("terminate", None)
    return {**told, **summaries(plan, run)}


def _spec(plan: Plan) -> Manifest:
    found: Manifest = {"metrics": [_metric(one) for one in plan.metrics]}
    if plan.dry_run:
        found["dryRun"] = [{"metricName": name} for name in sorted(plan.dry_run)]
    if plan.retention:
        kept = sorted(plan.retention.items())
        found["measurementRetention"] = [{"metricName": name, "limit": limit} for name, limit in kept]
    return found


def _metric(metric: Metric) -> Manifest:
    told = {
        "interval": f"{metric.interval:g}s" if metric.interval else "",
        "initialDelay": f"{metric.initial_delay:g}s" if metric.initial_delay else "",
        "count": metric.count,
        "failureLimit": metric.failure_limit,
        "inconclusiveLimit": metric.inconclusive_limit,
        "consecutiveErrorLimit": metric.consecutive_error_limit,
        "consecutiveSuccessLimit": metric.consecutive_success_limit,
        "successCondition": metric.success.text if metric.success else "",
        "failureCondition": metric.failure.text if metric.failure else "",
    }
    given = {name: value for name, value in told.items() if value}
    return {"name": metric.name, **given, "provider": {metric.provider: dict(metric.settings)}}
