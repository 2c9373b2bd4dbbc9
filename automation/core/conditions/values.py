"""The values that a condition deals in: true and false, whole and other numbers, texts, nil, lists and objects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from automation.core.shape import noun

Value: TypeAlias = Any
"""None, bool, int, float, str, a list of values, or a mapping of texts to values."""


class Unevaluated(ValueError):
    """A condition that has no answer for what was measured. The text says why."""


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Value, what: str) -> int | float:
    """A number, for an operator or function that needs one. Raises Unevaluated."""
    if not is_number(value):
        raise Unevaluated(f"{what} needs a number, not {noun(value)}")
    found: int | float = value
    return found


def whole(value: Value, what: str) -> int:
    """A whole number; of another one its whole part. Raises Unevaluated."""
    found = number(value, what)
    if not math.isfinite(found):
        raise Unevaluated(f"{what} needs a whole number, not {found}")
    return int(found)


def text(value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise Unevaluated(f"{what} needs a text, not {noun(value)}")
    return value


def truth(value: Value, what: str) -> bool:
    if not isinstance(value, bool):
        raise Unevaluated(f"{what} needs true or false, not {noun(value)}")
    return value


def items(value: Value, what: str) -> Sequence[Value]:
    if not isinstance(value, list | tuple):
        raise Unevaluated(f"{what} needs a list, not {noun(value)}")
    return value


def same(one: Value, other: Value) -> bool:
    """Equality as the language has it: numbers by value, nothing else across kinds."""
    if is_number(one) and is_number(other):
        return bool(one == other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


def ordered(one: Value, other: Value, sign: str) -> bool:
    """Whether two numbers, or two texts, stand in the order of `<`, `<=`, `>` or `>=`. Raises Unevaluated."""
    if not (is_number(one) and is_number(other)) and not (isinstance(one, str) and isinstance(other, str)):
        raise Unevaluated(f"{sign} can't compare {noun(one)} with {noun(other)}")
    match sign:
        case "<":
            return bool(one < other)
        case "<=":
            return bool(one <= other)
        case ">":
            return bool(one > other)
    return bool(one >= other)
