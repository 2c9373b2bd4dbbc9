"""How long ago something was, in words."""

from __future__ import annotations

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = (
    ("year", 360 * _DAY),
    ("month", 30 * _DAY),
    ("week", 7 * _DAY),
    ("day", _DAY),
    ("hour", _HOUR),
    ("minute", _MINUTE),
    ("second", 1),
)


def ago(moment: datetime, now: datetime) -> str:
    """Such as `3 minutes ago`, in whole units of the largest that fits; `now` within a second."""
    spent = int((now - moment).total_seconds())
    for unit, length in _UNITS:
        count = spent // length
        if count > 0:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "now"
