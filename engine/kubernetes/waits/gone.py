"""Waiting until an object is gone."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.kubernetes.call import Call
from engine.kubernetes.cluster import Collection
from engine.kubernetes.objects import SKIP_AWAIT, Object, at, flagged, title, uid_of
from engine.kubernetes.waits.following import RESTARTED, Change, Following
from engine.provider import ProviderError

DELETE_SECONDS = 600.0
# Deleting these can be left to the cluster (`pulumi.com/skipAwait`); of others the name may be needed again.
LEAVABLE = frozenset(
    {"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}
)


def until_gone(call: Call, collection: Collection, deleted: Object) -> None:
    """Returns once the object is not there any more. Raises `ProviderError` when that takes too long."""
    if not (flagged(deleted, SKIP_AWAIT) and deleted.get("kind") in LEAVABLE):
        _Farewell(call, collection, deleted).run()


@dataclass
class _Farewell:
    """An object that was deleted, and how it was seen last."""

    call: Call
    collection: Collection
    live: Object

    def run(self) -> None:
        if self._is_gone():
            return
        seconds = self.call.timeout_of(self.live, DELETE_SECONDS)
        deadline = time.monotonic() + seconds
        with Following() as following:
            name = {"fieldSelector": f"metadata.name={self._name}"}
            following.follow("object", self.collection, name, str(self.live["metadata"]["resourceVersion"]))
            # After a restart of the watch the deletion may have been missed: then only a look can tell.
            doubtful = False
            while True:
                change = following.next(deadline)
                if (change and self._says_gone(change)) or (doubtful and self._is_gone()):
                    return
                doubtful = change.type == RESTARTED if change else doubtful
                self._give_up(deadline, seconds)

    @property
    def _name(self) -> str:
        return str(self.live["metadata"]["name"])

    def _is_gone(self) -> bool:
        """Looks. An object of the same name that is not the same object does not count."""
        found = self.collection.get(self._name)
        if found is None or uid_of(found) != uid_of(self.live):
            return True
        self.live = found
        return False

    def _says_gone(self, change: Change) -> bool:
        if change.error:
            raise change.error
        if change.type == "DELETED" or (change.document and uid_of(change.document) != uid_of(self.live)):
            return True
        self.live = change.document or self.live
        return False

    def _give_up(self, deadline: float, seconds: float) -> None:
        if self.call.operation.cancelled():
            raise ProviderError(f'Resource operation was cancelled for "{self._name}"')
        if time.monotonic() >= deadline:
            finalizers = ", ".join(at(self.live, "metadata", "finalizers", default=[]))
            blame = f"; it waits for the finalizers {finalizers}" if finalizers else ""
            raise ProviderError(
                f"{title(self.live)} is still there {seconds:.0f} s after it was deleted{blame}"
            )
