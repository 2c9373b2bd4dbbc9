"""All objects of one kind in the cluster, kept up to date."""

import asyncio
from collections.abc import Callable
from typing import Any

from lab.gateway.dialect import Kind
from lab.node.kubernetes import UNREACHABLE, Api, Change, Refused

Document = dict[str, Any]
RETRY_SECONDS = 0.5
NOT_FOUND = 404


class Collection:
    """What there is of a kind. `complete` is set once that is known for the first time; `changed` is called then and
    after every change."""

    def __init__(self, kind: Kind, changed: Callable[[], None]) -> None:
        self.kind = kind
        self.complete = asyncio.Event()
        self._changed = changed
        self._objects: dict[tuple[str, str], Document] = {}

    @property
    def documents(self) -> list[Document]:
        """In a steady order."""
        return [self._objects[key] for key in sorted(self._objects)]

    async def follow(self, api: Api) -> None:
        """Keep in step with the API server for ever. A kind that it does not know yet has no objects."""
        await self._begin(api)
        async for change in api.watch(self.kind.path):
            self._take(change)
            self._changed()

    async def _begin(self, api: Api) -> None:
        """The first list, without which nobody can tell an empty cluster from one that has not been asked."""
        while True:
            try:
                listed = await api.get(self.kind.path)
            except Refused as refusal:
                if refusal.code == NOT_FOUND:
                    self._complete([])
            except UNREACHABLE:
                pass
            else:
                self._complete(listed["items"])
                return
            await asyncio.sleep(RETRY_SECONDS)

    def _complete(self, documents: list[Document]) -> None:
        self._objects = {_key(document): document for document in documents}
        self.complete.set()
        self._changed()

    def _take(self, change: Change) -> None:
        if change.kind == "DELETED":
            self._objects.pop(_key(change.document), None)
        else:
            self._objects[_key(change.document)] = change.document


def _key(document: Document) -> tuple[str, str]:
    return document["metadata"].get("namespace", ""), document["metadata"]["name"]
