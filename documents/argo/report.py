"""What `.status` of a Rollout says: the model's own fields, for `kubectl get rollout`, dashboards and Argo's plugin.

It is made anew from what is remembered and from what runs, and never read back but for what people write into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from automation.core.kinds import Manifest
from automation.core.moments import timestamp
from automation.core.rollout import Rollout
from automation.core.runs.measurement import Outcome
from automation.core.runs.run import Run
from automation.core.status import Phase
from automation.core.steps import Pause
from automation.core.transitions import BEGINNING
from documents.argo.places import written, written_index
from documents.argo.runs import BACKGROUND, BEFORE, STEP, purpose
from documents.argo.standing import Standing

_BAD = (Outcome.FAILED, Outcome.ERROR)
_MORE = "more replicas need to be updated"
_STARTING = "updated replicas are still becoming available"
_STEPS = "waiting for all steps to complete"


@dataclass(frozen=True)
class Told:
    """A phase of a Rollout and why it is in it. `reason` is that of a pause."""

    phase: str
    message: str = ""
    reason: str = ""


def reported(at: Standing) -> dict[str, Any]:
    """The whole `.status`."""
    told = told_of(at)
    known = at.live.get("status") or {}
    found: dict[str, Any] = {
        "observedGeneration": str(at.live["metadata"].get("generation") or 1),
        "phase": told.phase,
        "message": told.message,
        "replicas": at.total("replicas"),
        "updatedReplicas": at.counted(at.latest, "replicas"),
        "readyReplicas": at.total("readyReplicas"),
        "availableReplicas": at.total("availableReplicas"),
        "HPAReplicas": at.total("replicas"),
        "selector": _selector(at.document),
        "currentPodHash": at.latest,
        "stableRS": at.stable,
        "currentStepHash": at.stepwise.checksum,
        **({"blueGreen": _blue_green(at)} if at.is_blue_green else _by_steps(at)),
        "controllerPause": bool(told.reason),
        "pauseConditions": _pauses(at, told),
        "restartedAt": at.restarted,
        "abort": at.aborted,
        "abortedAt": (known.get("abortedAt") or timestamp(at.now)) if at.aborted else "",
        "conditions": list(_conditions(at, told)),
    }
    return {name: value for name, value in found.items() if type(value) is int or value}


def invalid(live: Manifest, why: str, now: float) -> dict[str, Any]:
    """The `.status` of one that is refused: what it said before, and why nothing is done about it."""
    known, time = live.get("status") or {}, timestamp(now)
    others = [one for one in known.get("conditions") or () if one.get("type") != "InvalidSpec"]
    condition = {
        "type": "InvalidSpec",
        "status": "True",
        "reason": "InvalidSpec",
        "message": why,
        "lastUpdateTime": time,
        "lastTransitionTime": time,
    }
    told = {"phase": "Degraded", "message": f"InvalidSpec: {why}", "conditions": [*others, condition]}
    return {**known, **told, "observedGeneration": str(live["metadata"].get("generation") or 1)}


def told_of(at: Standing) -> Told:
    """The phase, by the model's rules and in its words."""
    if at.document.paused:
        return Told("Paused", "manually paused")
    if at.aborted:
        return Told("Degraded", f"RolloutAborted: {_aborted(at)}")
    if at.status.phase in BEGINNING:
        return Told("Progressing", _STARTING if at.of(at.latest) else _MORE)
    if at.run:
        return _running(at)
    if at.latest != at.stable:
        return Told("Progressing", _MORE)
    if at.counted(at.stable, "availableReplicas") < at.document.replicas:
        return Told("Progressing", _STARTING)
    return Told("Healthy")


def _running(at: Standing) -> Told:
    steps, present = at.status.steps, at.status.iterations
    if at.status.phase is not Phase.PROGRESSING:
        return Told("Progressing", _STEPS)
    if any(run.outcome is Outcome.INCONCLUSIVE for run in _runs(at)):
        return Told("Paused", "InconclusiveAnalysisRun", "InconclusiveAnalysisRun")
    if _short(at):
        return _starting(at)
    if steps and present < len(at.stepwise.steps) and isinstance(at.stepwise.steps[present], Pause):
        reason = "BlueGreenPause" if at.is_blue_green else "CanaryPauseStep"
        return Told("Paused", reason, reason)
    return Told("Progressing", _STEPS)


def _starting(at: Standing) -> Told:
    """Pods of the canary are waited for: for how long that is no trouble the document says."""
    steps = at.status.steps
    since = max(at.status.split_since, steps.since if steps else 0.0)
    if at.now <= since + at.document.progress_deadline:
        return Told("Progressing", _STARTING)
    name = f"{at.canary.name}-{at.latest}"
    return Told("Degraded", f'ProgressDeadlineExceeded: ReplicaSet "{name}" has timed out progressing.')


def _short(at: Standing) -> bool:
    """Whether the canary lacks pods that it is to have."""
    pods = at.of(at.latest)
    return pods is None or at.counted(at.latest, "availableReplicas") < int(pods["spec"].get("replicas") or 0)


def _runs(at: Standing) -> Iterator[Run]:
    steps = at.status.steps
    yield from (run for run in (steps.background, steps.inline) if run) if steps else ()


def _aborted(at: Standing) -> str:
    told = f"Rollout aborted update to revision {at.numbered(at.latest)}"
    why = next((run.message for run in _runs(at) if run.outcome in _BAD and run.message), "")
    return f"{told}: {why}" if why else told


def _index(at: Standing) -> int:
    """The first step again after an abort, all of them done where the present template serves."""
    if at.latest == at.stable:
        return written(at.document)
    return written_index(at.document, at.status.iterations) if at.run and not at.aborted else 0


def _by_steps(at: Standing) -> dict[str, Any]:
    return {"currentStepIndex": _index(at), "canary": _canary(at)}


def _blue_green(at: Standing) -> dict[str, Any]:
    placed, steps = at.status.in_force, at.status.steps if at.run else None
    if placed is None:
        return {}
    tested = placed.canary or placed.revision
    told: dict[str, Any] = {"activeSelector": tested if placed.traffic.canary else placed.revision}
    if at.canary.service.canary:
        told["previewSelector"] = tested
    if steps and steps.inline:
        what = purpose(at, steps.inline_step)
        field = f"{'pre' if what == BEFORE else 'post'}PromotionAnalysisRunStatus"
        told[field] = _told_of_run(at, what, steps.inline)
    return told


def _told_of_run(at: Standing, what: str, run: Run) -> dict[str, str]:
    return {"name": at.names.get(what, what), "status": str(run.outcome), "message": run.message}


def _canary(at: Standing) -> dict[str, Any]:
    steps = at.status.steps if at.run else None
    runs = {
        "currentBackgroundAnalysisRunStatus": (BACKGROUND, steps.background if steps else None),
        "currentStepAnalysisRunStatus": (STEP, steps.of_step(at.status.iterations) if steps else None),
    }
    told: dict[str, Any] = {field: _told_of_run(at, what, run) for field, (what, run) in runs.items() if run}
    if (placed := at.status.in_force) is None:
        return told
    turns = {"stablePingPong": "pong" if placed.turned else "ping"} if at.canary.service.turns else {}
    return told | turns | {"weights": _weights(at)}


def _weights(at: Standing) -> dict[str, Any]:
    traffic, placed = at.status.traffic, at.status.in_force
    tested = (placed.canary if placed else "") or at.stable
    service = at.canary.turned(placed is not None and placed.turned).service
    sides = {
        "canary": (tested, service.canary, traffic.weight),
        "stable": (at.stable, service.primary, 100 - traffic.weight),
    }
    return {
        side: {"podTemplateHash": hash, **({"serviceName": service} if service else {}), "weight": weight}
        for side, (hash, service, weight) in sides.items()
    }


def _pauses(at: Standing, told: Told) -> list[dict[str, str]]:
    if not told.reason:
        return []
    since = at.status.steps.since if at.status.steps else at.now
    return [{"reason": told.reason, "startTime": timestamp(since)}]


def _selector(document: Rollout) -> str:
    """How the scale subresource finds the pods."""
    labels = document.selector.get("matchLabels") or {}
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))


def _conditions(at: Standing, told: Told) -> Iterator[dict[str, str]]:
    """As the model has them; the time of each is when it last said something else."""
    healthy, paused = told.phase == "Healthy", told.phase == "Paused"
    enough = at.total("availableReplicas") >= at.document.replicas
    done = at.latest == at.stable
    minimum = "Rollout has minimum availability" if enough else "Rollout does not have minimum availability"
    yield _condition(at, "Available", enough, ("AvailableReason", minimum))
    yield _condition(
        at, "Healthy", healthy, ("RolloutHealthy", f"Rollout is {'' if healthy else 'not '}healthy")
    )
    yield _condition(at, "Completed", done, ("RolloutCompleted", "RolloutCompleted"))
    yield _condition(at, "Paused", paused, ("RolloutPaused", f"Rollout is {'' if paused else 'not '}paused"))
    yield _condition(at, "Progressing", told.phase != "Degraded", _progress(at, told))


def _progress(at: Standing, told: Told) -> tuple[str, str]:
    name = f"{at.canary.name}-{at.latest}"
    if told.phase == "Degraded":
        reason, _, message = told.message.partition(": ")
        return reason, message
    if told.phase == "Paused":
        return "RolloutPaused", "Rollout is paused"
    if told.phase == "Healthy":
        return "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'
    return "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'


def _condition(at: Standing, kind: str, holds: bool, why: tuple[str, str]) -> dict[str, str]:
    reason, message = why
    before = (one for one in (at.live.get("status") or {}).get("conditions") or () if one.get("type") == kind)
    earlier: dict[str, str] = next(before, {})
    truth, time = str(holds), timestamp(at.now)
    same = earlier.get("status") == truth
    if same and (earlier.get("reason"), earlier.get("message")) == why:
        return dict(earlier)
    return {
        "type": kind,
        "status": truth,
        "reason": reason,
        "message": message,
        "lastUpdateTime": time,
        "lastTransitionTime": earlier.get("lastTransitionTime", time) if same else time,
    }
