"""The decisions are counted, and each says its number."""

from __future__ import annotations

from pathlib import Path

DECISIONS = sorted((Path(__file__).parents[1] / "docs" / "decisions").glob("*.md"))


def test_each_decision_has_a_number_of_its_own() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_each_decision_begins_with_its_number() -> None:
    for path in DECISIONS:
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path.name
