"""Warm policy packs: a process that has judged one update stays ready for the next."""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from engine.policy.analyzer import Analyzer, StackSettings
from engine.policy.definition import Definition, Fingerprint
from engine.policy.process import PackProcess

IDLE = 4
"""How many processes wait at most; each takes as much memory as the SDK it imports."""

Environment = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Kind:
    """What makes two processes interchangeable. `stack` is None for packs that did not look at it while loading."""

    definition: Definition
    files: Fingerprint
    environment: Environment
    stack: tuple[object, ...] | None = None


@dataclass(frozen=True)
class Timeouts:
    """In seconds: how long a pack may take to start, and to answer one call."""

    start: float = 60.0
    call: float = 120.0


class Pool:
    """Lends analyzers, each to one borrower at a time."""

    def __init__(self, timeouts: Timeouts | None = None):
        self._timeouts = timeouts or Timeouts()
        self._idle: list[tuple[Kind, Analyzer]] = []
        self._lock = threading.Lock()

    @contextmanager
    def lent(
        self, definition: Definition, env: Mapping[str, str], stack: StackSettings
    ) -> Iterator[Analyzer]:
        """An analyzer that knows the stack. It waits for the next borrower afterwards if it is still well."""
        kind = Kind(definition, definition.fingerprint(), tuple(sorted(env.items())))
        analyzer = self._take(kind, stack) or self._start(definition, env, stack)
        try:
            analyzer.introduce(stack)
            yield analyzer
        finally:
            self._put_back(kind, stack, analyzer)

    def close(self) -> None:
        """Ends every process that waits."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, analyzer in idle:
            analyzer.close()

    def _take(self, kind: Kind, stack: StackSettings) -> Analyzer | None:
        wanted = (kind, _bound_to(kind, stack))
        with self._lock:
            for position, (idle, analyzer) in enumerate(self._idle):
                if idle in wanted and analyzer.healthy:
                    del self._idle[position]
                    return analyzer
        return None

    def _start(self, definition: Definition, env: Mapping[str, str], stack: StackSettings) -> Analyzer:
        process = PackProcess(definition, {**env, **_environment(stack)}, self._timeouts.start)
        return Analyzer(definition, process, self._timeouts.call)

    def _put_back(self, kind: Kind, stack: StackSettings, analyzer: Analyzer) -> None:
        own = _bound_to(kind, stack) if analyzer.bound else kind
        with self._lock:
            # Processes of the pack as it was before an edit will not be asked for again.
            stale = [item for item in self._idle if _outdated(item[0], kind) or not item[1].healthy]
            kept = [item for item in self._idle if item not in stale]
            if analyzer.healthy:
                kept.append((own, analyzer))
            else:
                stale.append((own, analyzer))
            self._idle, surplus = kept[-IDLE:], kept[:-IDLE]
        for _, ended in (*stale, *surplus):
            ended.close()


def _bound_to(kind: Kind, stack: StackSettings) -> Kind:
    return Kind(kind.definition, kind.files, kind.environment, tuple(sorted(_environment(stack).items())))


def _outdated(idle: Kind, current: Kind) -> bool:
    return idle.definition.folder == current.definition.folder and idle.files != current.files


def _environment(stack: StackSettings) -> dict[str, str]:
    """What a pack is told about the stack when it starts; empty values are left out."""
    given = {
        "PULUMI_ORGANIZATION": stack.organization,
        "PULUMI_PROJECT": stack.project,
        "PULUMI_STACK": stack.stack,
        "PULUMI_DRY_RUN": "true" if stack.preview else "false",
        "PULUMI_CONFIG": json.dumps(dict(stack.config), sort_keys=True) if stack.config else "",
    }
    return {name: value for name, value in given.items() if value}


_shared: Pool | None = None
_sharing = threading.Lock()


def shared_pool() -> Pool:
    """The pool of this process; its packs end with the process at the latest."""
    global _shared
    with _sharing:
        if _shared is None:
            _shared = Pool()
            atexit.register(_shared.close)
        return _shared
