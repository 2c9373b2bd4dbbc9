"""How an attempt is made live: by an update of the release stack, or if that fails by a patch.

A move towards primary always gets through. If no stack update can be made in time, the live route is patched under the
stack's own field manager, which the next update takes over without a conflict; until that update was possible the
stack is owed one, and says so.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from functools import partial

from automation.clock import Clock
from automation.cluster.ports import Copies, Objects
from automation.core import managed_fields
from automation.core.backoff import pause
from automation.core.decision import MakeLive
from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import ORIGINAL, TRAFFIC, UNMANAGED_BY_FLUX, is_ours
from automation.core.observation import Setback
from automation.core.spec import Canary
from automation.core.status import Intent, Purpose
from automation.core.urgency import Urgency, urgency_of
from automation.errors import ClusterRefused, SluiceError, StackLocked, UpdateFailed
from automation.updates.ports import Gate, Program, Queue, StackUpdates
from automation.updates.stacks import PolicyRefused
from gateways.carrying import carried_by, leading, marks_of
from gateways.ownership import is_of_somebody
from gateways.registry import each_route, gateway_of, is_of_people
from gateways.subsets import rule_of
from workloads.registry import workload_of

POLL_SECONDS = 0.1
DIRECT_KINDS = (Purpose.ROLLBACK, Purpose.RESTART, Purpose.RETURN, Purpose.REPAIR)


_OURS = ("sluice.delivery/", "pulumi.com/", ORIGINAL, *UNMANAGED_BY_FLUX)
"""How the annotations begin that are written here on routes of people's own."""

Job = Callable[[Program], object]


@dataclass(frozen=True)
class Patience:
    """In seconds: how long a move towards primary waits for its stack before the route is patched, how long a step
    forward waits, the pause between two tries, and how long a data plane may take to hear of a route."""

    direct: float = 10.0
    forward: float = 120.0
    retry: float = 0.5
    data_plane: float = 5.0


@dataclass(frozen=True)
class Turn:
    """When an update gets its turn: before all that are less urgent, and if at all before `deadline` (seconds that
    never jump)."""

    urgency: Urgency
    deadline: float


class Postponed(Exception):
    """The attempt could not be made live now; nothing moved. The text says why, and the way out where there is one:
    Events are all that many people see of it."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem, self.remedy = problem, remedy

    @property
    def refused(self) -> bool:
        """Whether it was done and failed, so that it fails again unless somebody mends something."""
        return isinstance(self.__cause__, UpdateFailed | ClusterRefused)


@dataclass(frozen=True)
class Release:
    """The release stack of a Canary: its name, and its program for an attempt id (None: what is in force)."""

    stack: str
    program: Callable[[str | None], Program]


@dataclass
class Placed:
    """What is remembered of one Canary's updates. `owed`: its stack has yet to take over a route that was patched
    directly; what the stack refused of that so far. `beyond_refresh`: an update has failed even after a refresh, so
    that another one is no help. `updated_at` says when (seconds that never jump) the last one ended. `setback` tells of
    steps that failed of late, `trouble` why the last attempt could not be made ("" if it could)."""

    owed: Setback | None = None
    beyond_refresh: bool = False
    updated_at: float = float("-inf")
    setback: Setback | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Terms:
    """On what terms updates run: forward ones behind `gate`, all in the name of `by`."""

    by: str
    gate: Gate | None = None
    patience: Patience = Patience()


class Placer:
    """Runs the updates of release stacks, never two of one stack at a time.

    `queue` says which of them come first.
    """

    def __init__(
        self,
        objects: Objects,
        copies: Copies,
        stacks: StackUpdates,
        release_of: Callable[[Canary], Release],
        terms: Terms,
        queue: Queue,
        clock: Clock,
    ) -> None:
        self._objects, self._copies, self._stacks = objects, copies, stacks
        self._release_of, self._terms = release_of, terms
        self._queue, self._clock = queue, clock
        self._running: dict[str, Future[object]] = {}
        self._lock = threading.Lock()

    def place(self, canary: Canary, update: MakeLive, placed: Placed) -> list[str]:
        """Makes the intent live and returns sentences that people must hear (usually none).

        Raises PolicyRefused when the gate says no, Postponed when it could not be done now.
        """
        # A repair of what a failed step left says nothing about the step.
        counts = update.intent.kind is not Purpose.REPAIR
        try:
            said = self._placed(canary, update, placed)
        except Postponed as postponed:
            if counts and postponed.refused:
                placed.setback = set_back(placed.setback, self._clock.now())
            raise
        if counts:
            placed.setback, placed.trouble = None, ""
        self._read_back(canary, update.intent.placement.revision)
        self._await_data_plane(canary)
        return said

    def _placed(self, canary: Canary, update: MakeLive, placed: Placed) -> list[str]:
        if not update.forward:
            return self._update_or_patch(canary, update, placed)
        self._update(canary, update, placed, self._clock.elapsed() + self._terms.patience.forward)
        return []

    def reconcile(self, canary: Canary, placed: Placed) -> list[str]:
        """Gives a stack the update that it is owed after its route was patched directly."""
        if placed.owed is None or self._clock.now() < placed.owed.at + pause(placed.owed.tries):
            return []
        release = self._release_of(canary)
        message = f"{canary.full_name}: take over the route that was patched directly"
        job = partial(self._stacks.update, release.stack, message=message)
        try:
            self._run(
                release, None, job, Turn(Urgency.REST, self._clock.elapsed() + self._terms.patience.direct)
            )
        except Postponed as postponed:
            if postponed.refused:
                placed.owed = set_back(placed.owed, self._clock.now())
            return []
        placed.owed = None
        self._read_back(canary, "")
        return [f"Stack {release.stack} is up to date with the live route again"]

    def _update(self, canary: Canary, update: MakeLive, placed: Placed, deadline: float) -> None:
        turn = Turn(urgency_of(update.intent.kind), deadline)
        self._update_or_refresh(self._release_of(canary), update, placed, turn)
        placed.owed, placed.beyond_refresh = None, False
        placed.updated_at = self._clock.elapsed()

    def _update_or_refresh(self, release: Release, update: MakeLive, placed: Placed, turn: Turn) -> None:
        """An update that fails may have met what somebody deleted: then once more with a state that knows it."""
        attempt = update.intent.placement.attempt
        message, gate = trail(update.intent, self._terms.by), self._terms.gate if update.forward else None
        job = partial(self._stacks.update, release.stack, message=message, gate=gate)
        if update.intent.kind is Purpose.REPAIR:
            # The engine compares with its state: what is not as that says has to be known to it first.
            self._refresh(release, turn)
        try:
            self._run(release, attempt, job, turn)
        except Postponed as postponed:
            if not postponed.refused or placed.beyond_refresh:
                raise
            placed.beyond_refresh = True
            self._refresh(release, turn)
            self._run(release, attempt, job, turn)

    def _moves_traffic(self, canary: Canary, intent: Intent) -> bool:
        """Whether users wait for it. Their traffic may be as it should be while something else is to be put back, or
        while the end of a run has yet to be written."""
        if intent.kind not in (Purpose.REPAIR, Purpose.ROLLBACK):
            return True
        gateway = gateway_of(canary)
        live = self._copies.get(gateway.kind, canary.namespace, canary.route_name)
        return live is None or carried_by(canary, live).traffic != intent.placement.traffic

    def _refresh(self, release: Release, turn: Turn) -> None:
        job = partial(self._stacks.refresh, release.stack, message="take over what was changed by hand")
        self._run(release, None, job, turn)

    def _update_or_patch(self, canary: Canary, update: MakeLive, placed: Placed) -> list[str]:
        """Tries for a while to get the update through; then the route itself is patched."""
        try:
            self._update_in_time(canary, update, placed)
            return []
        except Postponed as postponed:
            intent = update.intent
            repairs_else = intent.kind is Purpose.REPAIR and not self._moves_traffic(canary, intent)
            if repairs_else or intent.kind not in DIRECT_KINDS:
                raise
            reason, remedy = postponed.problem, postponed.remedy
        self._patch(canary, intent, reason)
        now = self._clock.now()
        placed.owed = Setback(0, now, now)
        traffic = intent.placement.traffic
        return [
            f"Stack {self._release_of(canary).stack} took no update ({reason}); route "
            f"{canary.route_name}.{canary.namespace} was patched directly to {traffic.primary}/{traffic.canary}"
            + (f"; {remedy}" if remedy else "")
        ]

    def _update_in_time(self, canary: Canary, update: MakeLive, placed: Placed) -> None:
        """An update, tried again for as long as users wait for it and may. Raises what kept the stack from it."""
        patience = self._terms.patience
        deadline, between = self._clock.elapsed() + patience.direct, patience.retry
        told: Postponed | None = None
        while True:
            try:
                return self._update(canary, update, placed, deadline)
            except Postponed as postponed:
                # That the last of several tries still waits says less than why the others failed.
                told = postponed if told is None or postponed.__cause__ is not None else told
            if self._clock.elapsed() >= deadline or self._can_wait(canary, update.intent, told):
                raise told
            if told.refused:
                between *= 2  # what was refused is refused again; a lock may be gone at any moment
            self._clock.sleep(between)

    def _can_wait(self, canary: Canary, intent: Intent, why: Postponed) -> bool:
        """Whether a later tick may try again instead. A lock on a stack whose run is to end is waited for."""
        return not self._moves_traffic(canary, intent) and (why.refused or intent.kind is Purpose.REPAIR)

    def _run(self, release: Release, attempt: str | None, job: Job, turn: Turn) -> None:
        """A job of a stack, waited for until its deadline. Raises PolicyRefused or Postponed.

        A job that went past its deadline goes on by itself, and the next one waits for its end and ignores its outcome.
        One that had not begun by then never does.
        """
        try:
            if (earlier := self._earlier(release.stack)) is not None and not earlier.done():
                wait([earlier], self._left(turn.deadline))
                if not earlier.done():
                    raise StillRunning
            running = self._queue.submit(turn.urgency, job, release.program(attempt))
            with self._lock:
                self._running[release.stack] = running
            self._outcome(release.stack, running, turn)
        except (PolicyRefused, Postponed):
            raise
        except StillRunning:
            raise Postponed(f"the update of stack {release.stack} is still running; waiting for it") from None
        except StackLocked as locked:
            raise Postponed(locked.problem, locked.remedy) from locked
        except SluiceError as failed:
            raise Postponed(failed.problem) from failed
        except Exception as broken:
            text = f"the update of stack {release.stack} broke: {type(broken).__name__}: {broken}"
            raise Postponed(text) from broken

    def _outcome(self, stack: str, running: Future[object], turn: Turn) -> None:
        try:
            running.result(timeout=self._left(turn.deadline))
        except StillRunning:
            if running.cancel():
                raise Postponed(f"the update of stack {stack} waits for those of others") from None
            raise

    def _earlier(self, stack: str) -> Future[object] | None:
        with self._lock:
            return self._running.get(stack)

    def _left(self, deadline: float) -> float:
        return max(0.0, deadline - self._clock.elapsed())

    def _patch(self, canary: Canary, intent: Intent, reason: str) -> None:
        """The route that says what is in force comes last."""
        for one in reversed(each_route(canary)):
            kind = gateway_of(one).kind
            live = self._objects.get(kind, canary.namespace, one.route_name)
            if live is None:
                raise Postponed(reason)
            try:
                patched = self._objects.apply(kind, with_traffic(live, one, intent))
            except ClusterRefused as refused:
                raise Postponed(f"{reason}; nor could its route be patched: {refused.problem}") from refused
            self._copies.put(kind, patched)

    def _await_data_plane(self, canary: Canary) -> None:
        """Looks for a while whether users' requests go the new way: most data planes take a moment."""
        kind, named = gateway_of(canary).kind, (canary.namespace, canary.route_name)
        deadline = self._clock.elapsed() + self._terms.patience.data_plane
        while (live := self._copies.get(kind, *named)) and carried_by(canary, live).waits:
            if self._clock.elapsed() >= deadline:
                return
            self._clock.sleep(POLL_SECONDS)
            if (fresh := self._objects.get(kind, *named)) is not None:
                self._copies.put(kind, fresh)

    def _read_back(self, canary: Canary, revision: str) -> None:
        """What the update wrote, as the API server has it now; the watches may be some milliseconds behind."""
        workload = workload_of(canary)
        named = (
            *((gateway_of(one).kind, one.route_name) for one in each_route(canary)),
            *filter(None, (rule_of(canary),)),
            *([] if canary.hands_over else [(SERVICE, canary.apex)]),
            *((SERVICE, service) for service in canary.services_of_people),
            *([(workload.pods, workload.primary_name(canary, revision))] if revision else []),
        )
        for kind, name in named:
            thing = self._objects.get(kind, canary.namespace, name)
            if thing is not None:
                self._copies.put(kind, thing)
            else:
                self._copies.drop(kind, canary.namespace, name)


def set_back(before: Setback | None, now: float) -> Setback:
    """One more failure, at `now` (unix seconds)."""
    return Setback(before.tries + 1, before.since, now) if before else Setback(1, now, now)


def with_traffic(live: Manifest, canary: Canary, intent: Intent) -> Manifest:
    """The live route with other traffic and what that rests on, as the stack would write it: what is applied when it
    has to be patched directly."""
    turned = canary.turned(intent.placement.turned)
    changed = gateway_of(canary).with_traffic(turned, live, intent.placement.traffic)
    foreign = is_of_people(canary) or is_of_somebody(live)
    metadata = changed["metadata"]
    fields = ("name", "namespace") if foreign else ("name", "namespace", "labels", "ownerReferences")
    kept = {field: metadata[field] for field in fields if field in metadata}
    told = {
        name: text
        for name, text in (metadata.get("annotations") or {}).items()
        if name != TRAFFIC and (not foreign or name.startswith(_OURS) or name in leading(canary, live))
    }
    return {
        "apiVersion": changed["apiVersion"],
        "kind": changed["kind"],
        "metadata": {**kept, "annotations": {**told, **marks_of(canary, intent.placement)}},
        **({"spec": _led(canary, live, changed["spec"])} if "spec" in changed else {}),
    }


def _led(canary: Canary, live: Manifest, spec: Manifest) -> Manifest:
    """The fields of a route's spec that lead traffic; what its maker wrote besides stays his."""
    if not is_of_somebody(live):
        return spec
    written = {*(managed_fields.applied(live, is_ours).get("f:spec") or {}), *gateway_of(canary).ruled}
    return {field: value for field, value in spec.items() if f"f:{field}" in written}


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
