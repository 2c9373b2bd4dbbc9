"""Argo's Rollouts: each revision has a ReplicaSet of its own, named by it, and a promotion hands the pods over.

A Rollout is read for its pod template; what is scaled and judged are its ReplicaSets.
"""

from __future__ import annotations

from dataclasses import replace

from automation.core.kinds import REPLICA_SET, ROLLOUT, Manifest
from automation.core.marks import POD_HASH, RELEASE, inherited
from automation.core.names import NAMED
from automation.core.observation import Workload
from automation.core.shape import COUNT, fields
from automation.core.spec import Canary
from workloads.replicated import Replicated
from workloads.template import selecting
from workloads.workload import Primary, WorkloadKind


class Rollouts(Replicated):
    """Rollouts with a pod template of their own."""

    kind = ROLLOUT
    pods = REPLICA_SET
    shape = fields(
        "metadata",
        "spec",
        metadata=NAMED,
        spec=selecting("selector", "template", replicas=COUNT),
    )
    rollout_fields = ("minReadySeconds", "selector")

    def canary_name(self, canary: Canary, revision: str) -> str:
        return f"{canary.name}-{revision}"

    def primary_name(self, canary: Canary, revision: str) -> str:
        return f"{canary.name}-{revision}"

    def made(self, name: str, pod: str) -> bool:
        """Pods are named after their ReplicaSet, and that after the Rollout."""
        return pod.startswith(f"{name}-")

    def observed(self, live: Manifest) -> Workload:
        """Of one of its ReplicaSets, whose pods are all of one revision. It has no deadline of its own."""
        return replace(self.counted(live, "replicas"), noun="replica set")

    def primary(self, parts: Primary) -> Manifest:
        """The ReplicaSet of a revision. Its annotations are those of `parts` alone, beside its own."""
        apart = {POD_HASH: parts.labels[POD_HASH]}
        selector = parts.rollout.get("selector") or {}
        metadata = parts.template.get("metadata") or {}
        labels = {**(metadata.get("labels") or {}), **apart}
        spec: Manifest = {
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **apart}},
            "template": {**parts.template, "metadata": {**metadata, "labels": labels}},
        }
        if ready := parts.rollout.get("minReadySeconds"):
            spec["minReadySeconds"] = ready
        if parts.replicas is not None:
            spec["replicas"] = parts.replicas
        return {
            "apiVersion": self.pods.api_version,
            "kind": self.pods.kind,
            "metadata": {
                "name": parts.name,
                "namespace": parts.namespace,
                "labels": inherited(labels),
                "annotations": {**RELEASE, **parts.annotations},
                "ownerReferences": [parts.owner],
            },
            "spec": spec,
        }


ROLLOUTS: WorkloadKind = Rollouts()
