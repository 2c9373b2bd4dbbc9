"""Resident memory of the processes of this process namespace."""

import os
import re
from pathlib import Path


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MB; 0 if it is gone."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def all_resident_mb() -> float:
    """Resident memory of all processes together in MB; what several share is counted once."""
    numbers = (entry for entry in os.listdir("/proc") if entry.isdigit())
    return sum(_field(Path(f"/proc/{number}/smaps_rollup"), "Pss") for number in numbers) / 1024


def _field(path: Path, name: str) -> int:
    try:
        match = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(match[1]) if match else 0
