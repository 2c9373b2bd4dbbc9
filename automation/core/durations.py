"""Durations as documents write them ("1m30s") and as event texts show them ("1.2s", "500ms")."""

import re

LONGEST = 8760 * 3600.0
"""Seconds: a year. A longer wait is a slip of the pen, and much longer ones end after the last date that there is."""
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def seconds_of(text: str) -> float:
    """Read "10s", "1m30s", "500ms" or "1h". Raises ValueError for anything else."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def shown(milliseconds: int) -> str:
    """A duration of whole milliseconds in the model's notation: "0s", "500ms", "1.2s", "1m2.5s", "1h0m0s"."""
    if milliseconds == 0:
        return "0s"
    sign, rest = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    if rest < 1000:
        return f"{sign}{rest}ms"
    minutes, rest = divmod(rest, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"
