"""Deployments: the controller has seen the change and the pods of the new ReplicaSet are ready."""

from __future__ import annotations

from engine.kubernetes.objects import Object, annotation, at, condition, is_true, owned_by
from engine.kubernetes.waits import pod
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, selector, waiting

REVISION = "deployment.kubernetes.io/revision"


def judge(view: View) -> Verdict:
    live = view.live
    if at(live, "metadata", "generation") != at(live, "status", "observedGeneration"):
        return waiting("Waiting for the Deployment controller to see the change")
    if at(live, "spec", "paused"):
        return READY
    revision = annotation(live, REVISION)
    replica_set = _current(view, revision)
    if replica_set is None:
        return waiting("Waiting for app ReplicaSet to be created", *_conditions(live))
    wanted = at(replica_set, "spec", "replicas", default=1)
    ready = at(replica_set, "status", "readyReplicas", default=0)
    unbound = [claim for claim in view.all("claims") if at(claim, "status", "phase") != "Bound"]
    rolled_out = revision == "1" or condition(live, "Progressing").get("reason") == "NewReplicaSetAvailable"
    if is_true(live, "Available") and rolled_out and ready >= wanted and not unbound:
        return READY
    problems = [
        *_conditions(live),
        *[f"Failed to bind PersistentVolumeClaim(s): {claim['metadata']['name']!r}" for claim in unbound],
        *(["Minimum number of live Pods was not attained"] if not is_true(live, "Available") else []),
        *pod.complaints(view, replica_set),
    ]
    progress = f"Waiting for app ReplicaSet to be available ({ready}/{wanted} Pods available)"
    return waiting(progress, *problems)


def related(live: Object) -> tuple[Related, ...]:
    labels = selector(at(live, "spec", "selector"))
    names = (
        at(volume, "persistentVolumeClaim", "claimName")
        for volume in at(live, "spec", "template", "spec", "volumes", default=[])
    )
    claims = (Related("claims", "v1", "PersistentVolumeClaim", object_name=name) for name in names if name)
    return (Related("replicasets", "apps/v1", "ReplicaSet", labels=labels), pod.of_template(live), *claims)


def _current(view: View, revision: str) -> Object | None:
    """The ReplicaSet of the revision that is being rolled out."""
    for replica_set in view.all("replicasets"):
        if revision and owned_by(replica_set, view.live) and annotation(replica_set, REVISION) == revision:
            return replica_set
    return None


def _conditions(live: Object) -> list[str]:
    found = (condition(live, type) for type in ("Progressing", "Available"))
    return [f"[{entry['reason']}] {entry['message']}" for entry in found if entry.get("status") == "False"]


RULE = Rule(judge, related)
