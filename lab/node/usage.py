"""What pods use of the machine, read from /proc: no control groups are needed."""

import os
from dataclasses import dataclass
from pathlib import Path

from lab.node.process import number_of, pids

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """CPU used so far, and memory in use now."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_seconds + other.cpu_seconds, self.memory_bytes + other.memory_bytes)


def by_root() -> dict[int, Usage]:
    """Mount namespace -> what its processes use, with what their ended children used."""
    found: dict[int, Usage] = {}
    for pid in pids():
        root = number_of(pid, "mnt")
        if root:
            found[root] = found.get(root, Usage()) + _of(pid)
    return found


def of_machine() -> Usage:
    """All of the machine, the lab or not."""
    user, nice, system, _idle, _wait, irq, soft = (
        int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    used = [int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable")]
    return Usage((user + nice + system + irq + soft) / _TICKS, (used[0] - used[1]) * 1024)


def parse_stat(text: str) -> Usage:
    """The line of /proc/PID/stat; the second field, the name, may hold anything, even blanks and brackets."""
    fields = text.rpartition(")")[2].split()
    own_and_children = sum(int(field) for field in fields[11:15])
    return Usage(own_and_children / _TICKS, int(fields[21]) * _PAGE)


def _of(pid: int) -> Usage:
    try:
        return parse_stat(Path(f"/proc/{pid}/stat").read_text())
    except OSError:
        return Usage()
