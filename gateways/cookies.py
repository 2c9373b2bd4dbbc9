"""The cookies of session affinity, as Flagger writes them."""

from __future__ import annotations

import re

from automation.core.analysis import Affinity
from automation.core.spec import Canary
from automation.core.traffic import Traffic


def to_canary(affinity: Affinity, traffic: Traffic) -> str:
    """The Set-Cookie header of the canary's answers: it keeps their users there."""
    return _written(affinity, affinity.cookie, traffic.affinity, affinity.max_age)


def to_primary(canary: Canary, affinity: Affinity, traffic: Traffic) -> str:
    """The Set-Cookie header of primary's answers: it keeps their users there until the next step."""
    return _written(affinity, affinity.primary_cookie, traffic.affinity, int(canary.analysis.interval))


def forgotten(affinity: Affinity, traffic: Traffic) -> str:
    """The Set-Cookie header that makes browsers forget the canary's cookie of a run that ended."""
    return _written(affinity, affinity.cookie, traffic.expired, -1)


def pattern(name: str, value: str) -> str:
    """A regular expression for the whole Cookie header of who has this cookie."""
    return f"(.*;\\s*)?{re.escape(name)}={re.escape(value)}(;.*)?"


def _written(affinity: Affinity, name: str, value: str, max_age: int) -> str:
    rest = f"; {affinity.attributes}" if affinity.attributes else ""
    return f"{name}={value}; Max-Age={max_age}{rest}"
