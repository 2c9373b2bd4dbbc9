"""The page of differences names a test for each of them; the tests must be there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [line for line in (ROOT / "docs" / "differences.md").read_text().splitlines() if line.startswith("| ")]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_each_difference_names_a_test_that_exists() -> None:
    rows = [row for row in ROWS if not row.startswith(("| the model", "| ---"))]
    assert len(rows) > 30
    for row in rows:
        match = NAMED.search(row)
        assert match, row
        path, name = match.groups()
        assert f"def {name}(" in (ROOT / path).read_text(), f"{path} has no {name}"
