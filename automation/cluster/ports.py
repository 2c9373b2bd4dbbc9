"""What a driver asks of a cluster: its API server, and a live copy of what ticks look at."""

from __future__ import annotations

from typing import Protocol

from automation.core.kinds import EVERYWHERE, Kind, Manifest, Scope


class Objects(Protocol):
    """An API server. Writers get back what was written; all raise ClusterAway or ClusterRefused."""

    def identity(self) -> str:
        """What tells this cluster from every other."""
        ...

    def mesh_identity(self) -> str:
        """The same of the cluster that the mesh's objects are in; "" where that is this one."""
        ...

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """The object, or None where there is none (nor such a kind)."""
        ...

    def select(self, kind: Kind, scope: Scope = EVERYWHERE) -> list[Manifest]: ...

    def create(self, kind: Kind, body: Manifest) -> Manifest:
        """Raises Conflict where it is there already."""
        ...

    def patch(self, kind: Kind, namespace: str, name: str, body: Manifest, subresource: str = "") -> Manifest:
        """A merge patch. With `metadata.resourceVersion` in it, raises Conflict when the object has changed."""
        ...

    def replace_status(self, kind: Kind, body: Manifest) -> Manifest:
        """Writes `.status` whole. Raises Conflict when the object has changed since it was read."""
        ...

    def apply(self, kind: Kind, body: Manifest) -> Manifest:
        """A forced server-side apply under the field manager that release stacks use."""
        ...

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Deletes the object; one that isn't there is no error."""
        ...


class Copies(Protocol):
    """A live copy of objects, which may be some milliseconds behind."""

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None: ...

    def all(self, kind: Kind) -> list[Manifest]: ...

    def lacks(self, kind: Kind) -> bool:
        """Whether the cluster has no such kind of objects."""
        ...

    def put(self, kind: Kind, thing: Manifest) -> None:
        """Takes in what a writer got back, so that the next look sees it."""
        ...

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        """Forgets what a reader found gone."""
        ...
