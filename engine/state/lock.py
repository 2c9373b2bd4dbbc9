"""One update of a stack at a time, also across machines: lock files beside the state."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.state import layout
from engine.state.errors import StackLocked
from engine.state.files import Backend
from engine.state.holder import Holder, is_dead
from engine.state.properties import compact
from engine.state.reference import StackReference

Say = Callable[[str], None]


@dataclass(frozen=True)
class Lock:
    """A lock file. `holder` is None if the file can't be read as one."""

    key: str
    holder: Holder | None


@contextmanager
def locked(backend: Backend, ref: StackReference, say: Say) -> Iterator[None]:
    """Holds the stack's lock. A lock of a dead process of this machine is taken over, and `say` gets a line about it.

    Raises `StackLocked` while anybody else holds it.
    """
    own = f"{layout.locks(ref)}/{uuid.uuid4()}.json"
    here = Holder.current()
    _require_free(backend, _living(backend, ref, here, say))
    backend.write(own, compact(here.document()).encode())
    try:
        # Two processes may both have seen no lock; then each sees the other's now, and neither goes on.
        _require_free(backend, [lock for lock in locks(backend, ref) if lock.key != own])
        yield
    finally:
        backend.delete(own)


def locks(backend: Backend, ref: StackReference) -> list[Lock]:
    """Every lock file of the stack."""
    found = (Lock(key, _read(backend, key)) for key in backend.files(layout.locks(ref)))
    return [lock for lock in found if lock.holder or backend.exists(lock.key)]


def cancel(backend: Backend, ref: StackReference) -> int:
    """Deletes every lock of the stack; how many there were. Whoever held one isn't stopped by that."""
    found = locks(backend, ref)
    for lock in found:
        backend.delete(lock.key)
    return len(found)


def _living(backend: Backend, ref: StackReference, here: Holder, say: Say) -> list[Lock]:
    """The locks that stand, after those of dead processes are removed."""
    living = []
    for lock in locks(backend, ref):
        if lock.holder and is_dead(lock.holder, here, backend.local):
            backend.delete(lock.key)
            say(f"taking over the lock of a process that has ended: {lock.holder}")
        else:
            living.append(lock)
    return living


def _require_free(backend: Backend, foreign: list[Lock]) -> None:
    if foreign:
        lines = "".join(
            f"\n  {backend.locate(lock.key)}: created by {lock.holder or 'somebody unknown'}"
            for lock in foreign
        )
        raise StackLocked(
            f"the stack is currently locked by {len(foreign)} lock(s). Either wait for the other process(es) to end or "
            f"delete the lock file with `pulumi cancel`.{lines}"
        )


def _read(backend: Backend, key: str) -> Holder | None:
    try:
        return Holder.parse(json.loads(backend.read(key)))
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None
