"""Pulling the plug."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.engine.killing import THINGS

ROOT = Path(__file__).parents[3]


def test_an_update_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.engine.killing", str(tmp_path), "50", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]

    assert len(verdicts) == 50, done.stderr
    assert [item for item in verdicts if item["finished"] != 0 or item["lost"] or item["missing"]] == []
    assert {item["things"] for item in verdicts} == {THINGS + 1}
    # Some kills must have hit the moments that matter, and those have to be told.
    assert any(item["pending"] for item in verdicts)
    assert all(item["told"] for item in verdicts if item["pending"])
