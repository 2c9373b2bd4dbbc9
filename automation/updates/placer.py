"""How an attempt is made live: by an update of the release stack, or if that fails by a patch.

A move towards primary always gets through. If no stack update can be made within `DIRECT_SECONDS`, the live route
is patched under the stack's own field manager, so the next update takes it over without a conflict. Until then the
stack is owed an update, and the driver says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from functools import partial

from automation.cluster.client import Cluster
from automation.cluster.watches import Watches
from automation.core.decision import MakeLive
from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import ATTEMPT
from automation.core.spec import Canary
from automation.core.status import Intent, Purpose
from automation.errors import SluiceError, UpdateFailed
from automation.updates.stacks import Gate, PolicyRefused, Program, Stacks
from gateways.registry import gateway_of
from workloads.registry import workload_of

DIRECT_SECONDS = 10.0
FORWARD_SECONDS = 120.0
RETRY_SECONDS = 0.5
WORKERS = 64
"""Threads that wait for engines: so many that one engine that hangs does not hold up somebody else's rollback."""
DIRECT_KINDS = (Purpose.ROLLBACK, Purpose.RESTART, Purpose.RETURN, Purpose.REPAIR)


Job = Callable[[Program], object]


class Postponed(Exception):
    """The attempt could not be made live now; nothing moved. The text says why."""


@dataclass(frozen=True)
class Release:
    """The release stack of a Canary: its name, and its program for an attempt id (None: what is in force)."""

    stack: str
    program: Callable[[str | None], Program]


class Placer:
    """Runs the updates of release stacks, never two of one stack at a time."""

    def __init__(
        self,
        cluster: Cluster,
        watches: Watches,
        stacks: Stacks,
        release_of: Callable[[Canary], Release],
        gate: Gate | None,
        by: str,
    ) -> None:
        self._cluster, self._watches, self._stacks = cluster, watches, stacks
        self._release_of, self._gate, self._by = release_of, gate, by
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="update")
        self._running: dict[str, Future[object]] = {}
        self._owed: set[str] = set()
        self._beyond_refresh: set[str] = set()

    def place(self, canary: Canary, update: MakeLive) -> list[str]:
        """Makes the intent live and returns sentences that people must hear (usually none).

        Raises PolicyRefused when the gate says no, Postponed when it could not be done now.
        """
        if update.forward:
            said = self._update(canary, update, time.monotonic() + FORWARD_SECONDS)
        else:
            said = self._update_or_patch(canary, update)
        self._read_back(canary)
        return said

    def owes(self, canary: Canary) -> bool:
        """Whether the stack still has to take over a route that was patched directly."""
        return self._release_of(canary).stack in self._owed

    def reconcile(self, canary: Canary) -> list[str]:
        """Gives a stack the update that it is owed after its route was patched directly."""
        release = self._release_of(canary)
        if release.stack not in self._owed:
            return []
        message = f"{canary.full_name}: take over the route that was patched directly"
        job = partial(self._stacks.update, release.stack, message=message)
        try:
            self._run(release, None, job, time.monotonic() + DIRECT_SECONDS)
        except Postponed:
            return []
        self._owed.discard(release.stack)
        self._read_back(canary)
        return [f"Stack {release.stack} is up to date with the live route again"]

    def _update(self, canary: Canary, update: MakeLive, deadline: float) -> list[str]:
        release = self._release_of(canary)
        self._update_or_refresh(release, update, deadline)
        self._owed.discard(release.stack)
        self._beyond_refresh.discard(release.stack)
        return []

    def _update_or_refresh(self, release: Release, update: MakeLive, deadline: float) -> None:
        """If an update fails, somebody may have deleted an object: refresh the state and try once more."""
        attempt = update.intent.placement.attempt
        message, gate = trail(update.intent, self._by), self._gate if update.forward else None
        job = partial(self._stacks.update, release.stack, message=message, gate=gate)
        try:
            self._run(release, attempt, job, deadline)
        except Postponed as postponed:
            failed = isinstance(postponed.__cause__, UpdateFailed)
            if not failed or release.stack in self._beyond_refresh:
                raise
            self._beyond_refresh.add(release.stack)
            refresh = partial(
                self._stacks.refresh, release.stack, message="take over what was changed by hand"
            )
            self._run(release, None, refresh, deadline)
            self._run(release, attempt, job, deadline)

    def _update_or_patch(self, canary: Canary, update: MakeLive) -> list[str]:
        """Tries for DIRECT_SECONDS to get the update through; then the route itself is patched."""
        deadline = time.monotonic() + DIRECT_SECONDS
        while True:
            try:
                return self._update(canary, update, deadline)
            except Postponed as postponed:
                reason = str(postponed)
            if time.monotonic() >= deadline:
                break
            time.sleep(RETRY_SECONDS)
        if update.intent.kind not in DIRECT_KINDS:
            raise Postponed(reason)
        self._patch(canary, update.intent, reason)
        stack = self._release_of(canary).stack
        self._owed.add(stack)
        return [
            f"Stack {stack} took no update for {DIRECT_SECONDS:g} s ({reason}); "
            f"route {canary.route_name}.{canary.namespace} was patched directly to "
            f"{update.intent.placement.traffic.primary}/{update.intent.placement.traffic.canary}"
        ]

    def _run(self, release: Release, attempt: str | None, job: Job, deadline: float) -> None:
        """A job of a stack, waited for until `deadline` (monotonic seconds). Raises PolicyRefused or Postponed.

        A job that went past its deadline goes on by itself. The next one waits for its end and ignores its outcome.
        """
        try:
            wait([self._running[release.stack]] if release.stack in self._running else [], _until(deadline))
            if not self._free(release.stack):
                raise StillRunning
            running = self._pool.submit(job, release.program(attempt))
            self._running[release.stack] = running
            running.result(timeout=_until(deadline))
        except PolicyRefused:
            raise
        except StillRunning:
            raise Postponed(f"the update of stack {release.stack} is still running; waiting for it") from None
        except SluiceError as failed:
            raise Postponed(failed.problem) from failed
        except Exception as broken:
            text = f"the update of stack {release.stack} broke: {type(broken).__name__}: {broken}"
            raise Postponed(text) from broken

    def _free(self, stack: str) -> bool:
        return stack not in self._running or self._running[stack].done()

    def _patch(self, canary: Canary, intent: Intent, reason: str) -> None:
        kind = gateway_of(canary).kind
        live = self._cluster.get(kind, canary.namespace, canary.route_name)
        if live is None:
            raise Postponed(reason)
        self._watches.put(kind, self._cluster.apply(kind, with_traffic(live, canary, intent)))

    def _read_back(self, canary: Canary) -> None:
        """What the update wrote, as the API server has it now; the watches may be some milliseconds behind."""
        named = (
            (gateway_of(canary).kind, canary.route_name),
            (SERVICE, canary.apex),
            (workload_of(canary).kind, canary.primary_name),
        )
        for kind, name in named:
            thing = self._cluster.get(kind, canary.namespace, name)
            if thing is not None:
                self._watches.put(kind, thing)


def _until(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def with_traffic(live: Manifest, canary: Canary, intent: Intent) -> Manifest:
    """The live route with other traffic: what is applied when it has to be patched directly."""
    changed = gateway_of(canary).with_traffic(canary, live, intent.placement.traffic)
    metadata = changed["metadata"]
    kept = {
        field: metadata[field]
        for field in ("name", "namespace", "labels", "ownerReferences")
        if field in metadata
    }
    annotations = {**(metadata.get("annotations") or {}), ATTEMPT: intent.placement.attempt}
    return {
        "apiVersion": changed["apiVersion"],
        "kind": changed["kind"],
        "metadata": {**kept, "annotations": annotations},
        "spec": changed["spec"],
    }


def trail(intent: Intent, by: str) -> str:
    """The message of a stack update: a line for people, and below it what `sluice history` reads."""
    evidence = intent.placement.evidence
    record = {
        "attempt": intent.placement.attempt,
        "kind": str(intent.kind),
        "by": by,
        "split": intent.placement.traffic.document(),
        "revision": intent.placement.revision,
    } | ({"evidence": evidence.document()} if evidence else {})
    return f"{intent.message}\n\n{json.dumps(record, separators=(',', ':'))}"
