"""Durations as people write them: `800ms`, `1.5s`, `2m`."""

import re

from lab.errors import LabError

UNITS = {"ms": 1, "s": 1000, "m": 60_000}


def milliseconds(text: str) -> int:
    """Whole milliseconds. Raises `LabError` for anything that is not a number with a unit."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text)
    if not match:
        raise LabError(f"{text!r} is not a duration; write it as 800ms, 1.5s or 2m.")
    return round(float(match[1]) * UNITS[match[2]])
