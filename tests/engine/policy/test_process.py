"""Pack processes don't outlive whoever started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.engine.policy.conftest import write_pack

PACK = """
import os
PolicyPack("p", [ResourceValidationPolicy("pid", "Pid.", lambda args, report: report(str(os.getpid())))])
"""
PARENT = """
import os, sys
from pathlib import Path
from engine.policy.analyzer import StackSettings
from engine.policy.packs import Sources, opened
from tests.engine.policy.conftest import a_subject
with opened(Sources([sys.argv[1]]), Path("."), dict(os.environ), StackSettings("dev", "shop")) as packs:
    print(packs.analyze(a_subject(), {}).violations[0].message.split()[-1], flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), 9)
"""


def ended(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]:
            return True
        time.sleep(0.02)
    return False


def run_parent(tmp_path: Path, how: str) -> int:
    """Runs a process that uses a pack and ends; the id of the pack's process."""
    folder = write_pack(tmp_path / "pack", PACK)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(folder), how], capture_output=True, text=True, cwd=root, timeout=60
    )
    assert done.stdout.strip().isdigit(), done.stderr
    return int(done.stdout)


def test_a_warm_pack_ends_with_its_parent(tmp_path: Path) -> None:
    assert ended(run_parent(tmp_path, "normal"))


def test_a_warm_pack_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    assert ended(run_parent(tmp_path, "killed"))
