"""DaemonSets: every node that should run the pod runs the new one."""

from __future__ import annotations

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits import pod
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting


def judge(view: View) -> Verdict:
    status = at(view.live, "status", default={})
    if status.get("observedGeneration", 0) < at(view.live, "metadata", "generation", default=0):
        return waiting("Waiting for the DaemonSet controller to see the change")
    wanted = status.get("desiredNumberScheduled", 0)
    on_delete = at(view.live, "spec", "updateStrategy", "type") == "OnDelete"
    names = ("currentNumberScheduled", "numberAvailable", "numberReady")
    counts = [status.get(name, 0) for name in (names if on_delete else (*names, "updatedNumberScheduled"))]
    if min(counts) >= wanted:
        return READY
    progress = f"Waiting for DaemonSet Pods to be ready ({min(counts)}/{wanted} Pods ready)"
    return waiting(progress, progress, *pod.complaints(view, view.live))


def related(live: Object) -> tuple[Related, ...]:
    return (pod.of_template(live),)


RULE = Rule(judge, related)
