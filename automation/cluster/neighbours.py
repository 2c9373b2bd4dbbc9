"""Who lives in a namespace beside a Canary: workloads by the labels of their pods, and the pods behind Services.

Asked on every tick, gathered once a second: with many Canaries, going through all of them each time would cost a core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from automation.cluster.ports import Copies
from automation.core.kinds import ENDPOINT_SLICE, Kind, Manifest
from workloads.selector import Neighbour, labels_of
from workloads.workload import WorkloadKind

FRESH_SECONDS = 1.0

T = TypeVar("T")


class Neighbours:
    """What copies say of neighbours; `now` is in seconds."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._workloads: dict[Kind, _Gathered[dict[str, list[Neighbour]]]] = {}
        self._pods = _Gathered(self._gather_pods)

    def of(self, workload: WorkloadKind, namespace: str, now: float) -> list[Neighbour]:
        """The workloads of a kind in a namespace."""
        gathered = self._workloads.setdefault(workload.kind, _Gathered(lambda: self._gather(workload)))
        return gathered.at(now).get(namespace, [])

    def behind(self, namespace: str, service: str, now: float) -> list[str]:
        """The names of the pods that a Service has as endpoints, and that aren't on their way out."""
        return self._pods.at(now).get((namespace, service), [])

    def _gather(self, workload: WorkloadKind) -> dict[str, list[Neighbour]]:
        found: dict[str, list[Neighbour]] = {}
        for one in self._copies.all(workload.kind):
            metadata = one["metadata"]
            labels = labels_of(workload.template(one))
            found.setdefault(metadata.get("namespace", ""), []).append(
                (workload.kind.kind, metadata["name"], labels)
            )
        return found

    def _gather_pods(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for part in self._copies.all(ENDPOINT_SLICE):
            found.setdefault(service_of(part), []).extend(_staying(part))
        return found


class _Gathered(Generic[T]):
    """What was gathered, as long as it is fresh."""

    def __init__(self, gather: Callable[[], T]) -> None:
        self._gather = gather
        self._known: tuple[float, T] | None = None

    def at(self, now: float) -> T:
        known = self._known
        if known is None or not known[0] <= now < known[0] + FRESH_SECONDS:
            known = self._known = (now, self._gather())
        return known[1]


def service_of(part: Manifest) -> tuple[str, str]:
    """Namespace and name of the Service that an EndpointSlice is one of."""
    metadata = part["metadata"]
    labels = metadata.get("labels") or {}
    return metadata.get("namespace", ""), labels.get("kubernetes.io/service-name", "")


def _staying(part: Manifest) -> Iterator[str]:
    for endpoint in part.get("endpoints") or ():
        pod = endpoint.get("targetRef") or {}
        if pod.get("kind") == "Pod" and not (endpoint.get("conditions") or {}).get("terminating"):
            yield pod["name"]
