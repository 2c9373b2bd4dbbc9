"""StatefulSets: every replica is ready and runs the new revision."""

from __future__ import annotations

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits import pod
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting


def judge(view: View) -> Verdict:
    live = view.live
    generation = at(live, "metadata", "generation", default=0)
    status = at(live, "status", default={})
    if status.get("observedGeneration", 0) < generation:
        return waiting("Waiting for the StatefulSet controller to see the change")
    wanted = at(live, "spec", "replicas", default=1)
    counts = [status.get(name, 0) for name in _counted(live, generation)]
    updated = status.get("currentRevision") == status.get("updateRevision") or _on_delete(live, generation)
    if all(count == wanted for count in counts) and updated:
        return READY
    ready, renewed = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready != wanted:
        progress = f"Waiting for StatefulSet to create Pods ({ready}/{wanted} Pods ready)"
        problem = f"{ready} out of {wanted} replicas succeeded readiness checks"
    else:
        progress = f"Waiting for StatefulSet update to roll out ({renewed}/{wanted} Pods ready)"
        problem = "StatefulSet controller failed to advance from revision " + repr(
            status.get("currentRevision", "")
        )
    return waiting(progress, problem, *pod.messages(view.all("pods")))


def _on_delete(live: Object, generation: int) -> bool:
    """Pods are only renewed when somebody deletes them: nothing rolls out by itself."""
    return generation > 1 and at(live, "spec", "updateStrategy", "type") == "OnDelete"


def _counted(live: Object, generation: int) -> tuple[str, ...]:
    counts = ("replicas", "readyReplicas")
    return counts if _on_delete(live, generation) else (*counts, "currentReplicas")


def related(live: Object) -> tuple[Related, ...]:
    return (pod.of_template(live),)


RULE = Rule(judge, related)
