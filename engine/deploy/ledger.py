"""What is known about each resource while a program runs: its old state, its goal and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from engine.deploy.goal import Goal
from engine.resource import Resource
from engine.step import Op

Keys: TypeAlias = tuple[str, ...]
"""Names of properties for which a resource is replaced."""


class Result(Enum):
    """What a program is told about a registration."""

    SUCCESS = 0
    FAIL = 1
    SKIP = 2


@dataclass
class Ledger:
    """Shared by all threads of a run. Only whole entries are set; `lock` guards what needs more than one look.

    recreating: URNs whose old resource was deleted to make room, with the properties that forced it.
    leaving: for these, what is set once it is deleted.
    replaced: URNs that get a new physical resource in this run.
    doomed: URNs of which something is deleted in this run, set before the first of a set of them is deleted.
    ops: what is done to a registered resource; condemned: old resources whose replacements are there, marked so.
    refused: something may not be as the program wants it; misused: what it asked for makes no sense at all.
    aliases: URNs under which a registered resource may have been known, for its children.
    """

    olds: dict[str, Resource]
    goals: dict[str, Goal] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    results: dict[str, Resource] = field(default_factory=dict)
    failures: dict[str, Result] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    ops: dict[str, Op] = field(default_factory=dict)
    condemned: list[Resource] = field(default_factory=list)
    refused: bool = False
    misused: bool = False
    replaced: set[str] = field(default_factory=set)
    doomed: set[str] = field(default_factory=set)
    recreating: dict[str, Keys] = field(default_factory=dict)
    leaving: dict[str, threading.Event] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Ledger:
        """The ledger at the start of a run, over what the state holds."""
        return cls({resource.urn: resource for resource in resources if not resource.delete})

    def old_of(self, urn: str, aliases: Iterable[str]) -> Resource | None:
        """The old state of a resource under its own name or, once only, under one of its aliases."""
        with self.lock:
            for candidate in (urn, *aliases):
                old = self.olds.get(candidate)
                if old is not None and self.claimed.setdefault(candidate, urn) == urn:
                    return old
        return None

    def keep_name(self, old: Resource, goal: Goal) -> None:
        """An old state stays as it is, under the name that it has; the program has another one for it by now."""
        with self.lock:
            self.goals[old.urn] = goal
            self.claimed[old.urn] = old.urn

    def unregistered(self) -> list[Resource]:
        """Old resources that the program has not come to yet.

        What is registered while a resource is replaced does not wait for it, so it depends on it no more.
        """
        with self.lock:
            return [
                old
                for urn, old in self.olds.items()
                if urn not in self.claimed and urn not in self.recreating
            ]

    @contextmanager
    def making_room(
        self, root: Resource, keys: Keys, dependents: Iterable[tuple[Resource, Keys]]
    ) -> Iterator[list[Resource]]:
        """What goes before `root`, which is deleted within the block: those dependents that are still unregistered.

        Who registers one of them meanwhile waits for the end of the block.
        """
        gone = threading.Event()
        with self.lock:
            going = [(item, because) for item, because in dependents if item.urn not in self.claimed]
            leaving = {item.urn: because for item, because in (*going, (root, keys))}
            self.recreating.update(leaving)
            self.doomed.update(leaving)
            self.replaced.update(item.urn for item, _ in going)
            self.leaving.update(dict.fromkeys(leaving, gone))
        try:
            yield [item for item, _ in going]
        finally:
            gone.set()

    def vacated(self, old: Resource) -> Resource:
        """An old state as it is now; if it has to make room, once it has."""
        if old.urn in self.leaving:
            self.leaving[old.urn].wait()
        return self.olds.get(old.urn, old)

    def has_result_for(self, old_urn: str) -> bool:
        """Whether what the state holds under a URN has been brought to its goal, under whatever name."""
        return self.claimed.get(old_urn, old_urn) in self.results

    def is_blocked(self, urns: Iterable[str]) -> bool:
        """Whether one of these resources failed or was skipped."""
        return any(urn in self.failures for urn in urns)
