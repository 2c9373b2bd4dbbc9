"""Who drives a Canary: a Lease of its own, so that two drivers never work on the same release at once.

A driver takes it when there is something to do and renews it as long as there is. When a driver dies, another one
on the same machine sees that and takes over at once; a driver elsewhere waits until the Lease has run out.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from automation.clock import Clock
from automation.cluster.client import Conflict
from automation.cluster.ports import Objects
from automation.cluster.watches import Key
from automation.core.kinds import LEASE, Manifest
from automation.core.moments import unix_seconds
from automation.core.spec import Canary
from automation.errors import SluiceError

SECONDS = 30
RENEW_SECONDS = 10.0
_PREFIX = "sluice-"
SKEW_SECONDS = 60
"""How far the clocks of two machines may be apart."""


@dataclass(frozen=True)
class Identity:
    """A driver process: machine, process id, and when that process began (ids are used again)."""

    host: str
    pid: int
    began: str

    @classmethod
    def of_this_process(cls) -> Identity:
        return cls(machine(), os.getpid(), began(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> Identity | None:
        host, _, rest = text.partition("/")
        pid, _, start = rest.partition("/")
        return cls(host, int(pid), start) if pid.isdigit() else None

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.began}"

    @property
    def named(self) -> str:
        """For people."""
        return f"process {self.pid} on {self.host}"

    @property
    def is_here(self) -> bool:
        return self.host == machine()

    def is_gone(self) -> bool:
        """Whether this is a process of our own machine that no longer runs."""
        return self.is_here and began(self.pid) != self.began


@dataclass(frozen=True)
class Holder:
    """Who drove a Canary last, for people, and whether that driver `runs`; where it is False, that can't be told."""

    named: str
    runs: bool


class Keeper:
    """The one thread that renews what a driver keeps, every `seconds`."""

    def __init__(self, leases: Leases, seconds: float = RENEW_SECONDS) -> None:
        self._leases, self._seconds = leases, seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self._leases.keep_up()


class Leases:
    """The Leases that this driver holds. Each Canary's is asked for by its own tick alone."""

    def __init__(self, cluster: Objects, identity: Identity, clock: Clock) -> None:
        self._cluster, self._identity, self._clock = cluster, identity, clock
        self._renewed: dict[Key, float] = {}
        self._rivals: dict[Key, tuple[str, float]] = {}
        self._kept: dict[Key, Canary] = {}
        self._locks: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def hold(self, canary: Canary) -> str:
        """Takes or keeps the Canary's Lease. "" when it is ours, otherwise who holds it."""
        key = (canary.namespace, name_of(canary))
        with self._lock:
            one_at_a_time = self._locks.setdefault(key, threading.Lock())
        with one_at_a_time:  # its tick and the keeper
            return self._hold(canary, key)

    def _hold(self, canary: Canary, key: Key) -> str:
        if key in self._renewed and self._clock.elapsed() - self._renewed[key] < RENEW_SECONDS:
            return ""
        known = self._cluster.get(LEASE, *key)
        holder = _holder(known)
        if known and holder not in ("", str(self._identity)) and not self._vacant(key, known):
            self._renewed.pop(key, None)
            return holder
        try:
            self._write(canary, known)
        except Conflict:
            return "another driver that was faster"
        self._renewed[key] = self._clock.elapsed()
        self._rivals.pop(key, None)
        return ""

    @contextmanager
    def kept(self, canary: Canary) -> Iterator[None]:
        """Has the Lease renewed for as long as the block takes: a stack update or a hook may outlast it."""
        key = (canary.namespace, canary.name)
        with self._lock:
            self._kept[key] = canary
        try:
            yield
        finally:
            with self._lock:
                self._kept.pop(key, None)

    def keep_up(self) -> None:
        """Renews what is kept. What can't be renewed now is tried again by the next call."""
        with self._lock:
            kept = list(self._kept.values())
        for canary in kept:
            with suppress(SluiceError):
                self.hold(canary)

    def give_back_all(self) -> None:
        """Gives all Leases back, so that the next drivers begin at once. One that can't be given back runs out."""
        while self._renewed:
            key, _ = self._renewed.popitem()
            with suppress(SluiceError):
                self._give_back(key)

    def _give_back(self, key: Key) -> None:
        known = self._cluster.get(LEASE, *key)
        if known and _holder(known) == str(self._identity):
            self._cluster.patch(LEASE, *key, {**_version(known), "spec": {"holderIdentity": ""}})

    def _vacant(self, key: Key, lease: Manifest) -> bool:
        """Whether whoever holds it is gone, or has not renewed it in time.

        Clocks of machines differ. A time that is only a little too old counts as expired only after it has not changed
        for the length of a Lease.
        """
        identity = Identity.parse(_holder(lease))
        if identity is not None and identity.is_gone():
            return True
        told = str(lease["spec"].get("renewTime") or "")
        if told != self._rivals.get(key, ("", 0.0))[0]:
            self._rivals[key] = (told, self._clock.elapsed())
        unchanged = self._clock.elapsed() - self._rivals[key][1] if key in self._rivals else SECONDS
        return unchanged >= SECONDS or self._clock.now() - unix_seconds(told) > SECONDS + SKEW_SECONDS

    def _write(self, canary: Canary, known: Manifest | None) -> None:
        now = self._clock.now()
        spec = {
            "holderIdentity": str(self._identity),
            "leaseDurationSeconds": SECONDS,
            "renewTime": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        if known is None:
            metadata = {"name": name_of(canary), "namespace": canary.namespace}
            self._cluster.create(
                LEASE,
                {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec},
            )
            return
        self._cluster.patch(LEASE, canary.namespace, name_of(canary), {**_version(known), "spec": spec})


def holder_of(cluster: Objects, key: Key, now: float) -> Holder | None:
    """Who drives a Canary (namespace, name) at `now` (unix seconds), None where nobody does.

    At rest a driver renews nothing: of one on another machine whose Lease ran out nobody knows whether it runs.
    """
    namespace, name = key
    lease = cluster.get(LEASE, namespace, f"{_PREFIX}{name}")
    holder = _holder(lease)
    identity = Identity.parse(holder)
    if lease is None or not holder or (identity is not None and identity.is_gone()):
        return None
    return Holder(named(holder), _runs(lease, now))


def drivers_of(leases: Iterable[Manifest], now: float) -> Mapping[str, int]:
    """The drivers that run for certain at `now` (unix seconds), and how many of the releases each drives."""
    ours = (lease for lease in leases if lease["metadata"]["name"].startswith(_PREFIX))
    return Counter(_holder(lease) for lease in ours if _holder(lease) and _runs(lease, now))


def _runs(lease: Manifest, now: float) -> bool:
    """Whether whoever holds it runs for certain."""
    identity = Identity.parse(_holder(lease))
    if identity is not None and identity.is_here:
        return not identity.is_gone()
    return now - unix_seconds(str(lease["spec"].get("renewTime") or "")) <= SECONDS + SKEW_SECONDS


def named(holder: str) -> str:
    """Whoever holds a Lease, for people."""
    identity = Identity.parse(holder)
    return identity.named if identity else holder


def name_of(canary: Canary) -> str:
    return f"{_PREFIX}{canary.name}"


def _holder(lease: Manifest | None) -> str:
    return str(((lease or {}).get("spec") or {}).get("holderIdentity") or "")


def _version(lease: Manifest) -> Manifest:
    """The metadata that makes a patch fail if somebody else has written since."""
    return {"metadata": {"resourceVersion": lease["metadata"]["resourceVersion"]}}


def machine() -> str:
    """Name of this machine, or of this container if it runs in one: process ids mean nothing anywhere else.

    CI jobs run in containers that share a host name.
    """
    name = socket.gethostname()
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        return f"{name}-{boot}-{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return name


def began(pid: int) -> str:
    """When a process of this machine began, in kernel ticks; empty where there is none (or no /proc)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
