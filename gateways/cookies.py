"""The cookies of session affinity, as Flagger writes them, and whom they lead where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from automation.core.analysis import Affinity
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.backends import weights_of


class Cookie(NamedTuple):
    """A cookie that leads whoever carries it."""

    name: str
    value: str

    @property
    def pattern(self) -> str:
        """A regular expression for the whole of a Cookie header that has it."""
        return f"(.*;\\s*)?{re.escape(self.name)}={re.escape(self.value)}(;.*)?"


def given(canary: Canary, traffic: Traffic) -> Mapping[str, str]:
    """The Set-Cookie header of each Service's answers, which keeps users on the side that they met: on the canary until
    the run ends, on primary until the next step."""
    affinity = canary.analysis.affinity
    if affinity is None or not traffic.affinity:
        return {}
    found = {canary.canary_service: _written(affinity, affinity.cookie, traffic.affinity, affinity.max_age)}
    if affinity.primary_cookie:
        until = int(canary.analysis.interval)
        found[canary.primary_service] = _written(affinity, affinity.primary_cookie, traffic.affinity, until)
    return found


def kept(canary: Canary, traffic: Traffic) -> Iterator[tuple[Cookie, Mapping[str, int]]]:
    """Users who carry a cookie of this run: which one, and where they go."""
    affinity = canary.analysis.affinity
    if affinity is None or not traffic.affinity:
        return
    yield Cookie(affinity.cookie, traffic.affinity), {canary.canary_service: 100}
    if affinity.primary_cookie:
        yield Cookie(affinity.primary_cookie, traffic.affinity), {canary.primary_service: 100}


def let_go(canary: Canary, traffic: Traffic) -> Iterator[tuple[Cookie, Mapping[str, int], str]]:
    """Users who carry the cookie of a run that ended: the same, and the Set-Cookie header with which they forget it."""
    affinity = canary.analysis.affinity
    if affinity is None or traffic.affinity or not traffic.expired:
        return
    forgotten = _written(affinity, affinity.cookie, traffic.expired, -1)
    yield Cookie(affinity.cookie, traffic.expired), weights_of(canary, traffic), forgotten


def _written(affinity: Affinity, name: str, value: str, max_age: int) -> str:
    rest = f"; {affinity.attributes}" if affinity.attributes else ""
    return f"{name}={value}; Max-Age={max_age}{rest}"
