"""What workloads have in common that are a pod template and a number of pods."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.kinds import Manifest
from automation.core.marks import REVISION
from automation.core.observation import Workload
from workloads.conditions import refused
from workloads.workload import Scaling


class Replicated:
    """Each kind says for itself how its pods are called, and what beside their numbers it is judged by."""

    def template(self, live: Manifest) -> Manifest:
        template: Manifest = live["spec"]["template"]
        return template

    def selected(self, live: Manifest) -> Mapping[str, str]:
        labels: Mapping[str, str] = (live["spec"].get("selector") or {}).get("matchLabels") or {}
        return labels

    def replicas(self, live: Manifest) -> int:
        replicas = live["spec"].get("replicas")
        return 1 if replicas is None else int(replicas)

    def scaling(self, replicas: int) -> Scaling:
        return Scaling({"spec": {"replicas": replicas}}, "scale")

    def counted(self, live: Manifest, updated: str) -> Workload:
        """Its numbers; `updated` is the field of its status that counts the pods of the present template."""
        status, metadata = live.get("status") or {}, live["metadata"]
        first = self.template(live)["spec"]["containers"][0]
        return Workload(
            name=metadata["name"],
            replicas=self.replicas(live),
            running=int(status.get("replicas") or 0),
            updated=int(status.get(updated) or 0),
            available=int(status.get("availableReplicas") or 0),
            generation=int(metadata.get("generation") or 1),
            observed_generation=int(status.get("observedGeneration") or 0),
            refused=refused(live),
            revision=(metadata.get("annotations") or {}).get(REVISION, ""),
            container=first.get("name", ""),
            image=first.get("image", ""),
        )
