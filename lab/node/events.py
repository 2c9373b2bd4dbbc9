"""Events of pods and of the node, as `kubectl describe` shows them; never in anybody's way."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog

from lab.node.clock import now
from lab.node.kubernetes import UNREACHABLE, Api, Document, Refused

WARNINGS = frozenset({"Failed", "Unhealthy", "BackOff", "FailedMount", "FailedCreatePodSandBox", "FailedPreStopHook",
                      "FailedPostStartHook", "ErrImagePull"})  # fmt: skip
QUEUE_LENGTH = 1000

log = structlog.get_logger()


@dataclass(frozen=True)
class Event:
    """Something that happened to the object that `about` refers to."""

    about: tuple[tuple[str, str], ...]  # fields of an ObjectReference
    reason: str
    message: str
    warning: bool


@dataclass
class _Told:
    path: str
    count: int


class Events:
    """Sends events in the background. What can't be sent is dropped: events are news, not state."""

    def __init__(self, api: Api, node: str) -> None:
        self._api, self._node = api, node
        self._queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LENGTH)
        self._told: dict[Event, _Told] = {}
        self._number = 0

    def tell(
        self, pod: Document, reason: str, message: str, container: str = "", warning: bool | None = None
    ) -> None:
        """An event about `pod`, or about one of its containers."""
        metadata = pod["metadata"]
        about = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        }
        if container:
            about["fieldPath"] = container
        loud = reason in WARNINGS if warning is None else warning
        if not self._queue.full():
            self._queue.put_nowait(Event(tuple(about.items()), reason, message, loud))

    async def run(self) -> None:
        """Sends what is told, until cancelled."""
        while True:
            event = await self._queue.get()
            try:
                await self._send(event)
            except (Refused, *UNREACHABLE) as error:
                log.info("event dropped", reason=event.reason, why=str(error))

    async def _send(self, event: Event) -> None:
        told = self._told.get(event)
        if told:
            told.count += 1
            try:
                await self._api.patch(told.path, {"count": told.count, "lastTimestamp": now()})
                return
            except Refused as refusal:
                if refusal.code != 404:  # 404: it was too old to be kept, tell it anew
                    raise
        await self._create(event)

    async def _create(self, event: Event) -> None:
        self._number += 1
        about = dict(event.about)
        path = f"/api/v1/namespaces/{about['namespace']}/events"
        document: dict[str, Any] = {
            "metadata": {"generateName": f"{about['name']}.", "namespace": about["namespace"]},
            "involvedObject": about,
            "reason": event.reason,
            "message": event.message,
            "type": "Warning" if event.warning else "Normal",
            "source": {"component": "kubelet", "host": self._node},
            "reportingComponent": "kubelet",
            "reportingInstance": self._node,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "count": 1,
        }
        created = await self._api.create(path, document)
        if len(self._told) >= QUEUE_LENGTH:
            self._told.clear()
        self._told[event] = _Told(f"{path}/{created['metadata']['name']}", 1)
