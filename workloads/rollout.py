"""Argo's Rollouts: each revision has a ReplicaSet of its own, named by it, and a promotion hands the pods over.

A Rollout is read for its pod template; what is scaled and judged are its ReplicaSets.
"""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.kinds import REPLICA_SET, ROLLOUT, Manifest
from automation.core.marks import POD_HASH, RELEASE, REVISION, inherited
from automation.core.names import NAMED
from automation.core.observation import Workload
from automation.core.shape import COUNT, fields
from automation.core.spec import Canary
from workloads.conditions import refused
from workloads.template import selecting
from workloads.workload import Primary, Scaling, WorkloadKind


class Rollouts:
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

    def template(self, live: Manifest) -> Manifest:
        template: Manifest = live["spec"]["template"]
        return template

    def selected(self, live: Manifest) -> Mapping[str, str]:
        labels: Mapping[str, str] = (live["spec"].get("selector") or {}).get("matchLabels") or {}
        return labels

    def made(self, name: str, pod: str) -> bool:
        """Pods are named after their ReplicaSet, and that after the Rollout."""
        return pod.startswith(f"{name}-")

    def observed(self, live: Manifest) -> Workload:
        """Of one of its ReplicaSets, whose pods are all of one revision. It has no deadline of its own."""
        status = live.get("status") or {}
        first = self.template(live)["spec"]["containers"][0]
        return Workload(
            name=live["metadata"]["name"],
            replicas=self.replicas(live),
            running=int(status.get("replicas") or 0),
            updated=int(status.get("replicas") or 0),
            available=int(status.get("availableReplicas") or 0),
            generation=int(live["metadata"].get("generation") or 1),
            observed_generation=int(status.get("observedGeneration") or 0),
            refused=refused(live),
            noun="replica set",
            revision=(live["metadata"].get("annotations") or {}).get(REVISION, ""),
            container=first.get("name", ""),
            image=first.get("image", ""),
        )

    def replicas(self, live: Manifest) -> int:
        replicas = live["spec"].get("replicas")
        return 1 if replicas is None else int(replicas)

    def scaling(self, replicas: int) -> Scaling:
        return Scaling({"spec": {"replicas": replicas}}, "scale")

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
