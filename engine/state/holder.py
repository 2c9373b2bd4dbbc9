"""Who holds a lock, and whether that process can still be running.

The official CLI records pid, user, host and time. This engine adds which start of the machine and which space of
process ids the pid belongs to, because two machines (or two containers) may share a host name.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CLOCK_SLACK = 2.0
"""Seconds by which the recorded times of two clocks may differ without meaning anything."""


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock. `boot` and `space` are empty in locks of the official CLI."""

    pid: int
    user: str
    host: str
    since: datetime
    boot: str = ""
    space: str = ""

    @classmethod
    def current(cls) -> Holder:
        return cls(os.getpid(), _user(), socket.gethostname(), datetime.now(UTC), _boot(), _space())

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Holder:
        """Raises `KeyError`, `TypeError` or `ValueError` for what is no lock."""
        machine = document.get("machine") or {}
        since = datetime.fromisoformat(_microseconds(document["timestamp"]))
        return cls(
            int(document["pid"]),
            document["username"],
            document["hostname"],
            since if since.tzinfo else since.replace(tzinfo=UTC),
            machine.get("boot", ""),
            machine.get("space", ""),
        )

    def document(self) -> dict[str, Any]:
        machine = {"machine": {"boot": self.boot, "space": self.space}} if self.boot else {}
        return {
            "pid": self.pid,
            "username": self.user,
            "hostname": self.host,
            "timestamp": self.since.isoformat().replace("+00:00", "Z"),
            **machine,
        }

    def __str__(self) -> str:
        since = self.since.isoformat(timespec="seconds").replace("+00:00", "Z")
        return f"{self.user}@{self.host} (pid {self.pid}) at {since}"


def is_dead(holder: Holder, here: Holder, local: bool) -> bool:
    """Whether the holder is certainly a process of this machine that has ended.

    `here` is the current process; `local` says that the lock lies on this machine's own disk. Whatever can't be
    told from here counts as alive.
    """
    if holder.host != here.host:
        return False
    if not holder.boot:
        return local and not _running(holder)
    if holder.boot != here.boot:
        return local
    return holder.space == here.space and not _running(holder)


def _running(holder: Holder) -> bool:
    """Whether its process still runs; a later process of the same number is another one."""
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    started = _started(holder.pid)
    return started is None or started <= holder.since.timestamp() + CLOCK_SLACK


def _started(pid: int) -> float | None:
    """When a process began (seconds since the epoch), where the system says so."""
    with suppress(OSError, ValueError, IndexError):
        # The name of the program stands in parentheses and may hold anything.
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
        return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    return None


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _space() -> str:
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _microseconds(text: str) -> str:
    """A Go time with its nanoseconds cut to what Python reads."""
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{head}.{digits[:6]}{rest[len(digits) :]}"
