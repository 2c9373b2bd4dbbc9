"""Ticks every Canary on its own interval, with a pool of workers, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from automation.cluster.observer import kinds_by_name
from automation.cluster.outlines import Outlines
from automation.cluster.watches import Key, Watches, key_of
from automation.core.kinds import CANARY, CONTROLLER_REVISION, SERVICE, Kind, Manifest
from automation.core.marks import is_deleted
from automation.core.refusal import Refused
from automation.core.status import Phase, Status
from automation.core.transitions import BEGINNING, IDLE
from automation.core.urgency import Urgency, urgency_in
from automation.driver.agenda import Agenda, Due, Room
from automation.driver.driver import Driver
from automation.driver.tick import Tick
from automation.errors import SluiceError
from documents.front import front_of, outline_of, status_of
from documents.outline import DEFAULT_INTERVAL, Outline
from gateways.registry import DEFAULT

ROOM = Room()
"""Ticks wait for hooks and engines; a slow one must not keep another Canary from its rollback."""
RETRY_SECONDS = 5.0
PAUSE_SECONDS = 0.5
"""The shortest time between two ticks of one Canary: a fight over a field must not keep a core busy."""
# In these phases all that happens to a Canary's objects is looked at at once. In the others a tick is one interval of
# analysis: only what people change there is looked at before its time, and nothing is counted then.
EAGER = frozenset({*BEGINNING, *IDLE, Phase.TERMINATING})

EVERYBODY = ("", "")
"""The key of trouble that concerns all Canaries."""
Ticked = Callable[[Key, Tick], None]
Troubled = Callable[[Key, BaseException], None]
Timed = Callable[[Key, float, float], None]
"""Is told how many seconds after its time a tick began, and how many it took."""


class Loop:
    """Drives the Canaries for which `mine` is true; those that name no gateway have `provider`. `ticked` is told how a
    tick ended, `troubled` why one failed, `timed` of both how long they took."""

    def __init__(
        self,
        watches: Watches,
        driver: Driver,
        mine: Callable[[Manifest], bool] = lambda canary: True,
        ticked: Ticked = lambda key, tick: None,
        troubled: Troubled = lambda key, trouble: None,
        provider: str = DEFAULT,
        timed: Timed = lambda key, late, seconds: None,
    ) -> None:
        self._watches, self._driver, self._mine = watches, driver, mine
        self._kind = driver.kind
        self._ticked, self._troubled, self._timed = ticked, troubled, timed
        self._turned: float | None = None
        self._agenda = Agenda(ROOM)
        self._outlines = Outlines(provider)
        self._written: dict[Key, tuple[object, object]] = {}
        self._wanted: dict[Key, object] = {}
        self._hearing = threading.Lock()
        self._said: dict[Key, str] = {}
        self._stopped = threading.Event()

    def changed(self, kind: Kind, thing: Manifest) -> None:
        """Called by the watches: brings forward the tick of each Canary that may have something new to do."""
        if kind is self._kind:
            if self._watches.get(self._kind, *key_of(thing)) is None:
                # Its users may have lost who served them.
                self._agenda.hasten(key_of(thing), Due(time.monotonic(), Urgency.BACK))
            elif self._mine(thing) and self._is_news(thing):
                self._hasten(thing, early=True)
            return
        if kind is CONTROLLER_REVISION:
            return  # what is recorded never changes
        for canary in self._watches.all(self._kind):
            own = self._outlines.of(canary)
            if self._mine(canary) and concerns(own, kind, thing):
                self._hasten(
                    canary, early=is_target(own, kind, thing) and self._is_wanted_anew(canary, thing)
                )

    def _is_news(self, canary: Manifest) -> bool:
        """Whether somebody wrote what drivers read. Their own writes of the status are no reason to look again."""
        metadata = canary["metadata"]
        # The uid, too: what was deleted and applied again looks the same otherwise.
        written, asked = (metadata.get("uid"), metadata.get("generation")), asked_of(canary)
        with self._hearing:
            before, asked_before = self._written.get(key_of(canary), (None, None))
            self._written[key_of(canary)] = written, asked
        if before != written:
            return True
        return asked != asked_before and (asked is not None or eager(canary))

    def _is_wanted_anew(self, canary: Manifest, target: Manifest) -> bool:
        """Whether its target is to have other pods than when it was heard of last. Their number is no matter."""
        wanted = (target.get("spec") or {}).get("template")
        with self._hearing:
            before = self._wanted.get(key_of(canary), wanted)
            self._wanted[key_of(canary)] = wanted
        return before != wanted

    def _hasten(self, canary: Manifest, early: bool) -> None:
        """Looks at a Canary at once: in an eager phase whatever happened, in the others what may come `early`. A tick
        that is under way may end an eager phase: what it did itself must not bring the first check forward."""
        if early or eager(canary):
            due = Due(time.monotonic(), urgency_of(canary))
            self._agenda.hasten(key_of(canary), due, early=not eager(canary), worth=early)

    def _note(self, canary: Manifest) -> None:
        """What there is before anything is heard of: what is heard later is compared with it."""
        self._is_news(canary)
        target = self._outlines.of(canary).target
        kind = kinds_by_name().get(target.kind) if target else None
        if target and kind and (live := self._watches.get(kind, key_of(canary)[0], target.name)):
            self._is_wanted_anew(canary, live)

    def stop(self) -> None:
        self._stopped.set()

    def still(self, now: float) -> float:
        """For how long a loop that runs has not looked for what is due, in seconds; `now` is monotonic."""
        return 0.0 if self._turned is None else now - self._turned

    def run(self) -> None:
        """Ticks until `stop`; the ticks that are under way are finished first."""
        for canary in self._watches.all(self._kind):
            if self._mine(canary):
                self._note(canary)
                self._agenda.hasten(key_of(canary), Due(time.monotonic(), urgency_of(canary)))
        with ThreadPoolExecutor(max_workers=ROOM.all, thread_name_prefix="tick") as pool:
            while not self._stopped.is_set():
                self._turned = time.monotonic()
                # At rest nothing else would notice that the cluster is away.
                self._say_once(EVERYBODY, self._watches.trouble())
                key = self._agenda.take(time.monotonic, wait=0.5)
                if key is not None:
                    pool.submit(self._tick, key)

    def _say_once(self, key: Key, trouble: Exception | None) -> None:
        """Tells trouble, of a Canary or of the watches, that is not what was told of the same just before."""
        with self._hearing:
            before = self._said.pop(key, None)
            if trouble is not None:
                self._said[key] = str(trouble)
        if trouble is not None and str(trouble) != before:
            self._troubled(key, trouble)

    def _tick(self, key: Key) -> None:
        begun, interval, pause = time.monotonic(), None, None
        own, late = self._agenda.time_of(key), max(begun - self._agenda.due_of(key), 0.0)
        try:
            tick = self._driver.tick(*key, early=max(0.0, own - begun) if own else 0.0)
            if tick is None:
                with self._hearing:
                    self._written.pop(key, None)
                    self._wanted.pop(key, None)
            else:
                interval, pause = interval_of(self._watches.get(self._kind, *key)), tick.pause
                self._ticked(key, tick)
            self._say_once(key, None)
        except SluiceError as trouble:
            interval = min(interval_of(self._watches.get(self._kind, *key)), RETRY_SECONDS)
            self._say_once(key, trouble)
        except Exception as trouble:  # noqa: BLE001 - one Canary's bug must not stop the others
            interval = interval_of(self._watches.get(self._kind, *key))
            self._say_once(key, trouble)
        finally:
            took = time.monotonic() - begun
            at = None if interval is None else time_of_next(begun, interval, time.monotonic(), pause)
            if at is not None and own is not None and own > begun:
                at = min(at, own)
            canary = self._watches.get(self._kind, *key) or {}
            due = None if at is None else Due(at, urgency_of(canary))
            self._agenda.done(key, due, begun + PAUSE_SECONDS, early=not eager(canary))
            self._timed(key, late, took)


def time_of_next(begun: float, interval: float, ended: float, pause: float | None) -> float:
    """When the tick after one that `begun` and `ended` is due: an interval after it began, but at once after one that
    took longer, and when its `pause` is over after one that came too early to count anything."""
    return begun + interval if pause is None else ended + pause


def eager(canary: Manifest) -> bool:
    """Whether a change is looked at once. Of a Rollout it always is: its analyses have intervals of their own."""
    return not _is_canary(canary) or is_deleted(canary) or phase_of(canary) in EAGER


def asked_of(canary: Manifest) -> object:
    """What somebody asks of a release; None for nothing."""
    if _is_canary(canary):
        return (canary.get("status") or {}).get("request")
    return _known(canary).request


def _is_canary(canary: Manifest) -> bool:
    return front_of(canary).kind is CANARY


def _known(canary: Manifest) -> Status:
    """Where a Rollout stands; where that can't be read its tick says so."""
    try:
        return status_of(canary)
    except Refused:
        return Status()


def urgency_of(canary: Manifest) -> Urgency:
    """How urgent a look at a live Canary is."""
    return Urgency.BACK if is_deleted(canary) else urgency_in(phase_of(canary))


def phase_of(canary: Manifest) -> str:
    if _is_canary(canary):
        return str((canary.get("status") or {}).get("phase") or "")
    return str(_known(canary).phase)


def concerns(own: Outline, kind: Kind, thing: Manifest) -> bool:
    """Whether it is the Canary's target or primary, or another object that it is made from or that was made for it."""
    metadata = thing["metadata"]
    if metadata.get("namespace") != own.namespace:
        return False
    if own.target and kind.kind == own.target.kind:
        return metadata["name"] in (own.target.name, f"{own.target.name}-primary")
    sources = [(named.kind, named.name) for named in (own.source, own.autoscaler) if named]
    sources.append((SERVICE.kind, own.apex))  # which may be somebody else's
    return own.made(thing) or (kind.kind, metadata["name"]) in sources


def is_target(own: Outline, kind: Kind, thing: Manifest) -> bool:
    return own.target is not None and (kind.kind, thing["metadata"]["name"]) == (
        own.target.kind,
        own.target.name,
    )


def interval_of(canary: Manifest | None) -> float:
    """Seconds between two ticks; of a Canary that is gone the model's default."""
    return outline_of(canary).interval if canary is not None else DEFAULT_INTERVAL
