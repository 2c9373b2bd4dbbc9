"""The state while it changes: what is done so far, what is left of the old state, and what has been begun."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

from engine.deploy.references import in_order, references, rename_references
from engine.resource import Deployment, PendingOperation, Resource

# What may differ between two states of a resource without the checkpoint having to say so at once.
_FLEETING = frozenset({"modified", "created", "source_position", "stack_trace", "aliases", "import_id"})
_LASTING = tuple(entry.name for entry in fields(Resource) if entry.name not in _FLEETING)


class Snapshot:
    """New resources in the order of their completion, then old ones not yet superseded, then what is pending.

    Where a new one refers to an old one, because an update leaves some alone, the old one comes first.

    Resources handed in are never changed afterwards: a change is a new object. Every method may be called from
    any thread. `save` writes one deployment; calls that arrive while it writes are served by the next write.
    """

    def __init__(self, base: Deployment, save: Callable[[Deployment], None]):
        self._start, self._save = base, save
        self._old: dict[int, Resource] = {id(resource): resource for resource in base.resources}
        self._new: dict[str, Resource] = {}
        self._pending: list[PendingOperation] = [
            item for item in base.pending_operations if item.type == "creating"
        ]
        self._renamed: dict[str, str] = {}
        self._lock, self._writer = threading.RLock(), threading.Lock()
        self._version = self._written = 0
        if len(self._pending) != len(base.pending_operations):
            self._version = 1

    @property
    def changed(self) -> bool:
        """Whether there is anything that the last write (or the loaded state) does not hold."""
        with self._lock:
            return self._version > self._written

    def get(self, urn: str) -> Resource | None:
        """The resource as this run left it, if it has done anything with it."""
        with self._lock:
            return self._new.get(urn)

    def resources(self) -> list[Resource]:
        """Everything, in the order of the checkpoint."""
        with self._lock:
            return [*self._new.values(), *self._old.values()]

    def leftovers(self) -> list[Resource]:
        """Old resources that nothing has superseded, in their order."""
        with self._lock:
            return list(self._old.values())

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is recorded within the block is written at once or not at all."""
        with self._lock:
            yield

    def begin(self, operation: PendingOperation) -> None:
        """Record an operation before it is begun; returns when that is on disk."""
        with self._lock:
            self._pending.append(operation)
            self._version += 1
        self.persist()

    def end(self, operation: PendingOperation) -> None:
        """Forget a begun operation; the next write says so."""
        with self._lock:
            self._pending = [item for item in self._pending if item is not operation]
            self._version += 1

    def put(self, new: Resource, old: Resource | None = None) -> bool:
        """Record a new state in place of an old one (kept if absent). True if it differs in what lasts.

        One that is the same throughout stays the object that it was, so that whoever writes it need not do so anew.
        """
        with self._lock:
            if new == old:
                new = old
            known = self._new.get(new.urn) or (old if old is not None and id(old) in self._old else None)
            if old is not None:
                self._old.pop(id(old), None)
                if old.urn != new.urn:
                    self._renamed[old.urn] = new.urn
            self._new[new.urn] = new
            differs = known is None or not same_state(known, new)
            if differs:
                self._version += 1
            return differs

    def mark(self, old: Resource, **changes: bool) -> Resource:
        """Set flags of an old resource that stays where it is; returns what stands there now."""
        marked = replace(old, **changes)  # type: ignore[arg-type]
        self.swap(old, marked)
        return marked

    def swap(self, old: Resource, new: Resource) -> None:
        """Put a new state where an old one stands, keeping its place."""
        with self._lock:
            self._old = {
                (id(new) if key == id(old) else key): (new if key == id(old) else resource)
                for key, resource in self._old.items()
            }
            self._version += 1

    def drop(self, resource: Resource) -> None:
        """Remove a resource, old or new."""
        with self._lock:
            if self._old.pop(id(resource), None) is None and self._new.get(resource.urn) is resource:
                del self._new[resource.urn]
            self._version += 1

    def persist(self) -> None:
        """Return when everything recorded before the call is on disk."""
        with self._lock:
            wanted = self._version
        with self._writer:
            if self._written >= wanted:
                return
            with self._lock:
                version, deployment = self._version, self._deployment()
            self._save(deployment)
            self._written = version

    def deployment(self) -> Deployment:
        """The state as a checkpoint holds it. If nothing changed it is the one that was loaded."""
        with self._lock:
            return self._deployment() if self._version else self._start

    def _deployment(self) -> Deployment:
        resources = [self._rewired(item) for item in (*self._new.values(), *self._old.values())]
        return replace(self._start, resources=in_order(resources), pending_operations=list(self._pending))

    def _rewired(self, resource: Resource) -> Resource:
        """A resource that refers to others by names which have changed since."""
        names = self._renamed
        if not names or not any(name in names for name in references(resource)):
            return resource
        return rename_references(resource, names)


def same_state(one: Resource, other: Resource) -> bool:
    """Whether two states of a resource would be the same to a reader of the checkpoint, times and places aside."""
    return all(getattr(one, name) == getattr(other, name) for name in _LASTING)
