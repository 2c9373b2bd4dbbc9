"""What is live, asked anew on each look: for a command that looks once and need not follow anything."""

from __future__ import annotations

from automation.cluster.observer import REMEMBERED
from automation.cluster.ports import Objects
from automation.core.kinds import Kind, Manifest, Scope


class Direct:
    """The objects of one namespace, as a live copy has them."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self._objects, self._namespace = objects, namespace

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        found = self._objects.get(kind, namespace, name)
        return None if found is None else _kept(kind, found)

    def all(self, kind: Kind) -> list[Manifest]:
        return [_kept(kind, found) for found in self._objects.select(kind, Scope(self._namespace))]

    def lacks(self, kind: Kind) -> bool:
        """Nothing is said of that: what isn't there is found missing."""
        return False

    def put(self, kind: Kind, thing: Manifest) -> None:
        """What was written is read anew."""

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        """What is gone is not found any more."""


def _kept(kind: Kind, thing: Manifest) -> Manifest:
    return REMEMBERED[kind](thing) if kind in REMEMBERED else thing
