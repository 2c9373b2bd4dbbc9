"""Which workloads live in a namespace, by the labels of their pods: asked on every tick, gathered once a second."""

from __future__ import annotations

from automation.cluster.ports import Copies
from automation.core.kinds import Kind
from workloads.selector import Neighbour, labels_of
from workloads.workload import WorkloadKind

FRESH_SECONDS = 1.0


class Neighbours:
    """The workloads of a cluster. With many Canaries, going through all of them on each tick would cost a core."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._gathered: dict[Kind, tuple[float, dict[str, list[Neighbour]]]] = {}

    def of(self, workload: WorkloadKind, namespace: str, now: float) -> list[Neighbour]:
        """The workloads of a kind in a namespace; `now` is in seconds."""
        at, found = self._gathered.get(workload.kind, (float("-inf"), {}))
        if not at <= now < at + FRESH_SECONDS:
            found = self._gather(workload)
            self._gathered[workload.kind] = (now, found)
        return found.get(namespace, [])

    def _gather(self, workload: WorkloadKind) -> dict[str, list[Neighbour]]:
        found: dict[str, list[Neighbour]] = {}
        for one in self._copies.all(workload.kind):
            metadata = one["metadata"]
            labels = labels_of(workload.template(one))
            found.setdefault(metadata.get("namespace", ""), []).append((metadata["name"], labels))
        return found
