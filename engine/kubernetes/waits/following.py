"""Collections followed through the API's watches, all changes in one queue.

A watch that ends is taken up where it ended; one that is too old to be taken up starts over. Each runs in a
thread of its own, because a read that blocks is the only way to hear of an event when it happens.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from engine.kubernetes.client import ApiError, Stream, Unreachable
from engine.kubernetes.cluster import Collection
from engine.kubernetes.objects import Object, at
from engine.provider import ProviderError

# A watch that can't be opened is tried again after this long.
RETRY_SECONDS = 1.0
# How often whoever waits for a change looks up, to see whether the user has interrupted.
GLANCE_SECONDS = 0.2

RESTARTED = "RESTARTED"
FAILED = "FAILED"


@dataclass(frozen=True)
class Change:
    """Something that happened in a followed collection.

    `type` is ADDED, MODIFIED or DELETED as the API has it, `RESTARTED` when all that was seen of the collection is
    void, `FAILED` (with `error`) when it can't be followed.
    """

    name: str
    type: str
    document: Object = field(default_factory=dict)
    error: ProviderError | None = None


class Following:
    """A set of watches. Use it as a context manager: leaving it ends them all."""

    def __init__(self) -> None:
        self._changes: queue.Queue[Change] = queue.Queue()
        self._watches: list[_Watch] = []

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        for watch in self._watches:
            watch.stop()

    def next(self, deadline: float) -> Change | None:
        """The next change; None if none comes in a glance, or before the deadline (on the monotonic clock)."""
        patience = max(0.0, min(GLANCE_SECONDS, deadline - time.monotonic()))
        try:
            return self._changes.get(timeout=patience) if patience else self._changes.get_nowait()
        except queue.Empty:
            return None

    def follow(self, name: str, collection: Collection, query: dict[str, str], version: str = "") -> None:
        """Follows what the query selects, from a resource version on; without one, what is there comes first."""
        watch = _Watch(name, collection, query, version, self._changes)
        self._watches.append(watch)
        watch.start()


class _Watch(threading.Thread):
    def __init__(
        self,
        name: str,
        collection: Collection,
        query: dict[str, str],
        version: str,
        changes: queue.Queue[Change],
    ):
        super().__init__(name=f"watch-{name}", daemon=True)
        self._label, self._collection, self._query, self._version, self._changes = (
            name,
            collection,
            query,
            version,
            changes,
        )
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._stream: Stream | None = None

    def stop(self) -> None:
        with self._lock:
            self._stopped.set()
            if self._stream:
                self._stream.close()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow_once()
            except Unreachable:
                self._stopped.wait(RETRY_SECONDS)
            except ApiError as error:
                if error.status == HTTPStatus.GONE:
                    self._start_over()
                elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    self._stopped.wait(RETRY_SECONDS)
                else:
                    self._changes.put(Change(self._label, FAILED, error=error))
                    return

    def _follow_once(self) -> None:
        version = {"resourceVersion": self._version} if self._version else {}
        stream = self._collection.watch({**self._query, **version})
        with self._lock:
            self._stream = stream
            if self._stopped.is_set():
                stream.close()
        taken = sum(self._take(event) for event in stream)
        if not taken:
            # Nothing came: whoever ended the watch at once would do so again at once.
            self._stopped.wait(RETRY_SECONDS)

    def _take(self, event: dict[str, Any]) -> bool:
        """Passes one event on; whether it was one."""
        document = event.get("object", {})
        if event.get("type") == "ERROR":
            self._start_over()
            return bool(document.get("code") == HTTPStatus.GONE)
        self._version = at(document, "metadata", "resourceVersion", default=self._version)
        if event.get("type") != "BOOKMARK":
            self._changes.put(Change(self._label, event["type"], document))
        return True

    def _start_over(self) -> None:
        self._version = ""
        self._changes.put(Change(self._label, RESTARTED))
