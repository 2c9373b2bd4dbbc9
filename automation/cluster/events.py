"""What happened, reported as Kubernetes Events on the Canary, as log lines and on the live display.

Events carry reason `Synced` and are counted up when they repeat, as those of a controller are, so that
`kubectl describe canary` shows "x3 over 2m".
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automation.cluster.ports import Objects
from automation.core.kinds import EVENT, Manifest
from automation.core.moments import timestamp
from automation.errors import SluiceError
from documents.front import front_of

REMEMBERED = 4096


@dataclass(frozen=True)
class Announcement:
    """One event of one Canary. `type` is Normal or Warning; `at` is in Unix seconds."""

    namespace: str
    canary: str
    type: str
    text: str
    at: float


Listener = Callable[[Announcement], None]


class EventLog:
    """Writes announcements as Events. If this driver has written the same one before, that one's count goes up."""

    def __init__(self, cluster: Objects) -> None:
        self._cluster = cluster
        self._counts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def write(self, announcement: Announcement, canary: Manifest) -> None:
        """Records the announcement. Raises the cluster's errors: an Event that got lost must be known."""
        uid = canary["metadata"].get("uid", "")
        digest = hashlib.sha256(f"{uid}{announcement.type}{announcement.text}".encode()).hexdigest()[:16]
        name = f"{announcement.canary}.{digest}"
        key, at = (announcement.namespace, name), timestamp(announcement.at)
        if counted := self._counted(key):
            try:
                self._count(key, counted + 1, at)
                return
            except SluiceError:
                pass  # Events expire after an hour. If the counted one is gone, a new one begins.
        try:
            self._cluster.create(EVENT, _event(announcement, canary, name, at))
            self._remember(key, 1)
        except SluiceError:
            # Another driver, or this one before a restart, has written the same text: count on from there.
            known = self._cluster.get(EVENT, announcement.namespace, name)
            if known is None:
                raise
            self._count(key, int(known.get("count") or 1) + 1, at)

    def _count(self, key: tuple[str, str], count: int, at: str) -> None:
        self._cluster.patch(EVENT, *key, {"count": count, "lastTimestamp": at})
        self._remember(key, count)

    def _counted(self, key: tuple[str, str]) -> int:
        with self._lock:
            return self._counts.get(key, 0)

    def _remember(self, key: tuple[str, str], count: int) -> None:
        with self._lock:
            self._counts[key] = count
            self._counts.move_to_end(key)
            if len(self._counts) > REMEMBERED:
                self._counts.popitem(last=False)


def _event(announcement: Announcement, canary: Manifest, name: str, at: str) -> dict[str, Any]:
    metadata, kind = canary["metadata"], front_of(canary).kind
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": announcement.namespace},
        "involvedObject": {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "name": announcement.canary,
            "namespace": announcement.namespace,
            "uid": metadata.get("uid", ""),
            "resourceVersion": metadata.get("resourceVersion", ""),
        },
        "type": announcement.type,
        "reason": "Synced",
        "message": announcement.text,
        "source": {"component": "sluice"},
        "reportingComponent": "sluice",
        "reportingInstance": "",
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
