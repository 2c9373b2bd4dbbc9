"""What workloads have in common that are a pod template and a number of pods."""

from __future__ import annotations

from dataclasses import replace

from automation.core.kinds import Manifest
from automation.core.observation import Workload
from workloads.templated import Templated
from workloads.workload import Primary, Scaling


class Replicated(Templated):
    """Each kind says for itself how its pods are called, and what beside their numbers it is judged by."""

    scalable = True

    def replicas(self, live: Manifest) -> int:
        replicas = live["spec"].get("replicas")
        return 1 if replicas is None else int(replicas)

    def scaling(self, replicas: int) -> Scaling:
        return Scaling({"spec": {"replicas": replicas}}, "scale")

    def sized(self, made: Manifest, parts: Primary) -> Manifest:
        """A primary with its number of pods, where it is to have one."""
        return (
            made if parts.replicas is None else {**made, "spec": {**made["spec"], "replicas": parts.replicas}}
        )

    def counted(self, live: Manifest, updated: str) -> Workload:
        """Its numbers; `updated` is the field of its status that counts the pods of the present template."""
        status = live.get("status") or {}
        return replace(
            self.uncounted(live),
            replicas=self.replicas(live),
            running=int(status.get("replicas") or 0),
            updated=int(status.get(updated) or 0),
            available=int(status.get("availableReplicas") or 0),
        )
