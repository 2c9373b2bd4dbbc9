"""StatefulSets: every replica is ready and runs the new revision."""

from __future__ import annotations

import json

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits import pod
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting

_NOT_ADVANCED = "StatefulSet controller failed to advance from revision {} to revision {}"


def judge(view: View) -> Verdict:
    live = view.live
    generation = at(live, "metadata", "generation", default=0)
    status = at(live, "status", default={})
    if status.get("observedGeneration", 0) < generation:
        return waiting("Waiting for the StatefulSet controller to see the change")
    wanted = at(live, "spec", "replicas", default=1)
    counts = [status.get(name, 0) for name in _counted(live, generation)]
    revisions = [status.get(name, "") for name in ("currentRevision", "updateRevision")]
    updated = _on_delete(live, generation) or (revisions[0] == revisions[1] != "")
    reached = all(count == wanted for count in counts)
    if reached and updated:
        return READY
    ready, renewed = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    counted = ready if updated else min(ready, renewed)
    problems = (
        *([] if reached else [f"{counted} out of {wanted} replicas succeeded readiness checks"]),
        *([] if updated else [_NOT_ADVANCED.format(*map(json.dumps, revisions))]),
        *pod.complaints(view, live),
    )
    progress = f"Waiting for StatefulSet to roll out ({counted}/{wanted} Pods ready)"
    return Verdict(problems=problems, progress=progress)


def _on_delete(live: Object, generation: int) -> bool:
    """Pods are only renewed when somebody deletes them: nothing rolls out by itself."""
    return generation > 1 and at(live, "spec", "updateStrategy", "type") == "OnDelete"


def _counted(live: Object, generation: int) -> tuple[str, ...]:
    counts = ("replicas", "readyReplicas")
    return counts if _on_delete(live, generation) else (*counts, "currentReplicas")


def related(live: Object) -> tuple[Related, ...]:
    return (pod.of_template(live),)


RULE = Rule(judge, related)
