"""Pods: scheduled, initialised and ready; and what a pod that is not ready has to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.kubernetes.objects import Object, at, condition, is_true, object_id
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, selector

_CONDITIONS = ("PodScheduled", "Initialized", "Ready")


def judge(view: View) -> Verdict:
    pod = view.live
    if at(pod, "status", "phase") == "Succeeded" or all(is_true(pod, type) for type in _CONDITIONS):
        return READY
    missing = next((type for type in _CONDITIONS if not is_true(pod, type)), "Ready")
    return Verdict(problems=tuple(messages([pod])), progress=f"Waiting for Pod to be {missing}")


def messages(pods: Iterable[Object]) -> list[str]:
    """One line for each pod that is not ready, with what its conditions and containers say."""
    return [line for pod in pods if at(pod, "status", "phase") != "Succeeded" for line in _complaint(pod)]


def of_template(owner: Object) -> Related:
    """The pods that the selector of a workload finds."""
    return Related("pods", "v1", "Pod", labels=selector(at(owner, "spec", "selector")))


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
    """The reasons of containers that wait or have ended badly: `[ImagePullBackOff] Back-off pulling image …`."""
    statuses = [
        *at(pod, "status", "initContainerStatuses", default=[]),
        *at(pod, "status", "containerStatuses", default=[]),
    ]
    return "".join(_container(status) for status in statuses)


def _container(status: Mapping[str, Any]) -> str:
    for state in ("waiting", "terminated"):
        found = at(status, "state", state, default={})
        reason = found.get("reason")
        if reason and reason not in ("Completed", "ContainerCreating", "PodInitializing"):
            return f"[{reason}] {found.get('message') or ''}".rstrip()
    return ""


RULE = Rule(judge)
