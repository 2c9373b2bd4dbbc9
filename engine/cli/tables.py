"""Columns of text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.workplace import Workplace


def print_table(place: Workplace, rows: Sequence[tuple[str, ...]], indent: str = "") -> None:
    """The rows with their cells below one another."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        place.shell.out(
            indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
