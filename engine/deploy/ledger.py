"""What is known about each resource while a program runs: its old state, its goal and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from engine.deploy.goal import Goal
from engine.resource import Resource
from engine.step import Op


class Result(Enum):
    """What a program is told about a registration."""

    SUCCESS = 0
    FAIL = 1
    SKIP = 2


@dataclass
class Ledger:
    """Shared by all threads of a run. Only whole entries are set; `lock` guards what needs more than one look.

    recreating: URNs whose old resource was deleted to make room, with the properties that forced it.
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
    recreating: dict[str, tuple[str, ...]] = field(default_factory=dict)
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

    def blocker(self, urns: Iterable[str]) -> str | None:
        """The first of these resources that failed or was skipped."""
        return next((urn for urn in urns if urn in self.failures), None)
