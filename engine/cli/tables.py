"""Columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from engine.workplace import Workplace


def print_table(place: Workplace, rows: Sequence[tuple[str, ...]], indent: str = "") -> None:
    """The rows with their cells below one another; a cell of several lines goes on below itself."""
    whole = [part for row in rows for part in zip_longest(*(cell.split("\n") for cell in row), fillvalue="")]
    widths = [max(len(row[at]) for row in whole) for at in range(len(rows[0]))]
    for row in whole:
        place.shell.out(
            indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
