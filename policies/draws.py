"""Which share of all requests a pattern for their ids draws."""

from __future__ import annotations

import re

_DRAWING = re.compile(r"\^\(([0-9a-f]*\[[0-9a-f]+\](?:\|[0-9a-f]*\[[0-9a-f]+\])*)\)")
_NOBODY = re.compile(r"\^\[\^0123456789abcdef\]")


def drawn(pattern: str) -> int:
    """In whole percent, a request counted for one that begins with its digits. Another pattern than those of a release
    may draw everybody."""
    if _NOBODY.fullmatch(pattern):
        return 0
    found = _DRAWING.fullmatch(pattern)
    if found is None:
        return 100
    return round(100 * sum(_beginnings(one) for one in found[1].split("|")))


def _beginnings(alternative: str) -> float:
    """The share of one alternative: digits that are given, and one of several."""
    digits, _, choice = alternative.rstrip("]").partition("[")
    return len(set(choice)) / float(16 ** (len(digits) + 1))
