"""Pods: scheduled, initialised and ready; and what a pod that is not ready has to say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.kubernetes.objects import Object, at, condition, is_true, object_id, owned_by
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, selector

_CONDITIONS = ("PodScheduled", "Initialized", "Ready")


def judge(view: View) -> Verdict:
    pod = view.live
    if at(pod, "status", "phase") == "Succeeded" or all(is_true(pod, type) for type in _CONDITIONS):
        return READY
    missing = next((type for type in _CONDITIONS if not is_true(pod, type)), "Ready")
    return Verdict(problems=tuple(_lines([pod])), progress=f"Waiting for Pod to be {missing}")


def complaints(view: View, owner: Object) -> list[str]:
    """One line for each pod of the owner that is not ready, with what its conditions and containers say."""
    return _lines(item for item in view.all("pods") if owned_by(item, owner))


def of_template(owner: Object) -> Related:
    """The pods that the selector of a workload finds."""
    return Related("pods", "v1", "Pod", labels=selector(at(owner, "spec", "selector")))


def _lines(pods: Iterable[Object]) -> list[str]:
    return [line for pod in pods if at(pod, "status", "phase") != "Succeeded" for line in _complaint(pod)]


def _complaint(pod: Object) -> list[str]:
    for type in _CONDITIONS:
        found = condition(pod, type)
        if found and found.get("status") != "True":
            text = found.get("message") or found.get("reason") or f"is not {type}"
            reason = f"[{found['reason']}] " if found.get("reason") == "Unschedulable" else ""
            return [f"[Pod {object_id(pod)}]: {reason}{text}{_containers(pod)}"]
    if at(pod, "status", "phase") == "Failed":
        return [f"[Pod {object_id(pod)}]: {at(pod, 'status', 'message', default='failed')}{_containers(pod)}"]
    return []


def _containers(pod: Object) -> str:
    """What containers that are not ready say of themselves: `[ImagePullBackOff] Back-off pulling image …`."""
    fields = ("initContainerStatuses", "containerStatuses")
    statuses = [status for field in fields for status in at(pod, "status", field, default=[])]
    return "\n".join(line for status in statuses if not status.get("ready") for line in _container(status))


def _container(status: Mapping[str, Any]) -> Iterator[str]:
    name = json.dumps(status.get("name", ""))
    waits, ended = (at(status, "state", state, default={}) for state in ("waiting", "terminated"))
    before = at(status, "lastState", "terminated")
    if waits.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        yield f"[{waits['reason']}] {waits.get('message') or ''}".rstrip()
    if ended.get("reason") not in (None, "Completed"):
        said = f"[{ended['reason']}] {ended.get('message')}"
        yield (
            said if ended.get("message") else f"Container {name} completed with exit code {ended['exitCode']}"
        )
    if before:
        reason, code = before.get("reason", ""), before["exitCode"]
        yield f"Container {name} terminated at {before.get('finishedAt')} ({reason}: exit code {code})"
        yield from filter(None, [before.get("message")])


RULE = Rule(judge)
