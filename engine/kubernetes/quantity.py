"""When two spellings mean the same: `0.5` and `500m` CPUs, `1Gi` and `1024Mi` of memory. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

# Fields that hold quantities, or maps of them.
_FIELDS = frozenset(
    {
        *(
            "limits",
            "requests",
            "hard",
            "capacity",
            "allocatable",
            "overhead",
            "podFixed",
            "sizeLimit",
            "divisor",
        ),
        *("averageValue", "value", "default", "defaultRequest", "max", "min", "maxLimitRequestRatio"),
        *("storage", "cpu", "memory"),
    }
)


def same_value(path: Iterable[str | int], one: Any, other: Any) -> bool:
    """Whether two values at a path mean the same to Kubernetes."""
    if one == other and isinstance(one, bool) == isinstance(other, bool):
        return True
    if _FIELDS.isdisjoint(list(path)[-2:]):
        return False
    first, second = parse(one), parse(other)
    return first is not None and first == second


def parse(value: Any) -> Decimal | None:
    """The number that a quantity stands for, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if not match:
        return None
    number, suffix, exponent = Decimal(match[1]), match[2], match[3]
    if suffix in _BINARY:
        return number * Decimal(1024) ** _BINARY[suffix]
    return number.scaleb(_DECIMAL.get(suffix or "", 0) + int(exponent or 0))
