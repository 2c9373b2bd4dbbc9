"""Who drives a Canary: a Lease of its own, so that two drivers never work on the same release at once.

It is taken when there is something to do and kept up while there is. A driver that died is succeeded at once by
one on the same machine that sees it gone, and by any other once the Lease has run out.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from automation.cluster import Cluster, Conflict, Object
from automation.core.spec import Canary
from automation.kinds import LEASE

SECONDS = 30
RENEW_SECONDS = 10.0


@dataclass(frozen=True)
class Identity:
    """A driver process: machine, process id, and when that process began (ids are used again)."""

    host: str
    pid: int
    began: str

    @classmethod
    def of_this_process(cls) -> Identity:
        return cls(socket.gethostname(), os.getpid(), began(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> Identity | None:
        host, _, rest = text.partition("/")
        pid, _, start = rest.partition("/")
        return cls(host, int(pid), start) if pid.isdigit() else None

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.began}"

    def is_gone(self) -> bool:
        """Whether this is a process of our own machine that no longer runs."""
        return self.host == socket.gethostname() and began(self.pid) != self.began


class Leases:
    """The Leases that this driver holds. `clock` gives Unix seconds."""

    def __init__(self, cluster: Cluster, identity: Identity, clock: Callable[[], float]) -> None:
        self._cluster, self._identity, self._clock = cluster, identity, clock
        self._renewed: dict[tuple[str, str], float] = {}

    def hold(self, canary: Canary) -> str:
        """Takes or keeps the Canary's Lease. "" when it is ours, otherwise who holds it."""
        now = self._clock()
        key = (canary.namespace, name_of(canary))
        if now - self._renewed.get(key, 0.0) < RENEW_SECONDS:
            return ""
        known = self._cluster.get(LEASE, canary.namespace, name_of(canary))
        holder = str((known or {}).get("spec", {}).get("holderIdentity") or "")
        if known and holder not in ("", str(self._identity)) and not self._vacant(known, holder, now):
            return holder
        try:
            self._write(canary, known, now)
        except Conflict:
            return "another driver that was faster"
        self._renewed[key] = now
        return ""

    def give_back_all(self) -> None:
        """Lets the next drivers begin at once."""
        while self._renewed:
            (namespace, name), _ = self._renewed.popitem()
            self._cluster.patch(LEASE, namespace, name, {"spec": {"holderIdentity": ""}})

    def _vacant(self, lease: Object, holder: str, now: float) -> bool:
        identity = Identity.parse(holder)
        renewed = datetime.fromisoformat(lease["spec"]["renewTime"].replace("Z", "+00:00")).timestamp()
        return now - renewed > SECONDS or (identity is not None and identity.is_gone())

    def _write(self, canary: Canary, known: Object | None, now: float) -> None:
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
        version = {"resourceVersion": known["metadata"]["resourceVersion"]}
        self._cluster.patch(LEASE, canary.namespace, name_of(canary), {"metadata": version, "spec": spec})


def name_of(canary: Canary) -> str:
    return f"sluice-{canary.name}"


def began(pid: int) -> str:
    """When a process of this machine began, in kernel ticks; empty where there is none (or no /proc)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
