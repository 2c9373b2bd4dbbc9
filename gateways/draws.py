"""Shares of requests that are drawn by their ids, where a gateway has patterns and no weights.

An id is 32 random hexadecimal digits, as nginx's `$request_id`. A pattern for it matches an exact number of the 65536
beginnings of four digits: the share of the requests that it draws is right to a hundredth of a percent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

_DIGITS = "0123456789abcdef"
_BEGINNINGS = 16**4
_ALL, _NONE = "^", f"^[^{_DIGITS}]"


def drawing(weight: int) -> str:
    """The regular expression that draws `weight` percent of all requests. Raises KeyError for what is no whole
    percentage."""
    return _patterns()[weight]


def drawn_by(pattern: str) -> int | None:
    """The percentage that it draws, None for a pattern that isn't one of `drawing`."""
    return _weights().get(pattern)


def _pattern(weight: int) -> str:
    first = round(weight * _BEGINNINGS / 100)
    if first == _BEGINNINGS:
        return _ALL
    below = "|".join(_below(f"{first:04x}"))
    return f"^({below})" if below else _NONE


def _below(bound: str) -> Iterator[str]:
    """Patterns for all beginnings that are less than the bound: each has some of its digits and then a lesser one."""
    for place, digit in enumerate(bound):
        if lesser := _DIGITS[: _DIGITS.index(digit)]:
            yield f"{bound[:place]}[{lesser}]"


@cache
def _patterns() -> Mapping[int, str]:
    return {weight: _pattern(weight) for weight in range(101)}


@cache
def _weights() -> Mapping[str, int]:
    return {pattern: weight for weight, pattern in _patterns().items()}
