"""The functions of a condition that take plain values: Argo's own, and those of expr-lang that judge a measurement.

What reads a clock (`now`, `date`) or makes large texts is left out: a condition depends on what was measured alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from automation.core.conditions.values import (
    Unevaluated,
    Value,
    is_number,
    items,
    number,
    ordered,
    same,
    text,
    whole,
)
from automation.core.shape import noun

_MANY = 255


@dataclass(frozen=True)
class Function:
    """`arguments` is how many there are at least and at most. `apply` gets what was measured, and the arguments."""

    arguments: tuple[int, int]
    apply: Callable[..., Value]


def _of_values(least: int, most: int, apply: Callable[..., Value]) -> Function:
    """A function that looks at its arguments alone."""
    return Function((least, most), lambda _measured, *given: apply(*given))


def _is_nan(value: Value) -> bool:
    return math.isnan(number(value, "isNaN"))


def _is_inf(value: Value) -> bool:
    return math.isinf(number(value, "isInf"))


def _is_nil(measured: Value, _given: Value) -> bool:
    """Argo asks it of the whole result, whatever part of it is given."""
    return measured is None


def _default(measured: Value, _given: Value, otherwise: Value) -> Value:
    return otherwise if measured is None else measured


def _as_int(value: Value) -> int:
    if not isinstance(value, str):
        return whole(value, "asInt")
    try:
        return int(value)
    except ValueError:
        raise Unevaluated(f"asInt can't read a whole number in {value!r}") from None


def _as_float(value: Value) -> float:
    if not isinstance(value, str):
        return float(number(value, "asFloat"))
    try:
        return float(value)
    except ValueError:
        raise Unevaluated(f"asFloat can't read a number in {value!r}") from None


def _length(value: Value) -> int:
    if not isinstance(value, str | list | tuple | Mapping):
        raise Unevaluated(f"len needs a list, a text or an object, not {noun(value)}")
    return len(value)


def _type(value: Value) -> str:
    names = {
        type(None): "nil",
        bool: "bool",
        int: "int",
        float: "float",
        str: "string",
        list: "array",
        tuple: "array",
    }
    return names.get(type(value), "map")


def _numbers(what: str, given: Iterable[Value]) -> list[int | float]:
    """Numbers, of which any may be lists of them. Raises Unevaluated."""
    found: list[int | float] = []
    for value in given:
        found += _numbers(what, value) if isinstance(value, list | tuple) else [number(value, what)]
    return found


def _most(what: str, choose: Callable[[list[int | float]], float]) -> Callable[..., Value]:
    """The greatest or least of numbers; nil where there are none."""

    def apply(*given: Value) -> Value:
        found = _numbers(what, given)
        return choose(found) if found else None

    return apply


def _mean(*given: Value) -> float:
    found = _numbers("mean", given)
    return math.fsum(found) / len(found) if found else 0.0


def _median(*given: Value) -> float:
    """The middle of the numbers; of an even number of them the mean of the two in the middle."""
    found = sorted(_numbers("median", given))
    half = len(found) // 2
    return _mean(*found[half - 1 + len(found) % 2 : half + 1]) if found else 0.0


def _rounded(what: str, apply: Callable[[float], float]) -> Callable[[Value], float]:
    def rounding(value: Value) -> float:
        found = number(value, what)
        return float(apply(found)) if math.isfinite(found) else found

    return rounding


def _half_away(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _first(values: Value) -> Value:
    found = items(values, "first")
    return found[0] if found else None


def _last(values: Value) -> Value:
    found = items(values, "last")
    return found[-1] if found else None


def _get(holder: Value, key: Value) -> Value:
    if isinstance(holder, Mapping):
        return holder.get(key) if isinstance(key, str) else None
    if isinstance(holder, list | tuple) and is_number(key):
        index = whole(key, "get")
        return holder[index] if -len(holder) <= index < len(holder) else None
    return None


def _keys(holder: Value) -> list[Value]:
    if not isinstance(holder, Mapping):
        raise Unevaluated(f"keys needs an object, not {noun(holder)}")
    return list(holder)


def _values(holder: Value) -> list[Value]:
    if not isinstance(holder, Mapping):
        raise Unevaluated(f"values needs an object, not {noun(holder)}")
    return list(holder.values())


def _sorted(values: Value, order: Value = "asc") -> list[Value]:
    found = list(items(values, "sort"))
    for value in found:
        ordered(found[0], value, "sort")
    return sorted(found, reverse=order == "desc")


def _unique(values: Value) -> list[Value]:
    found: list[Value] = []
    for value in items(values, "uniq"):
        if not any(same(value, other) for other in found):
            found.append(value)
    return found


def _split(value: Value, separator: Value) -> list[Value]:
    parted, by = text(value, "split"), text(separator, "split")
    return list(parted.split(by) if by else parted)


def _joined(values: Value, separator: Value = "") -> str:
    return text(separator, "join").join(text(value, "join") for value in items(values, "join"))


def _trimmed(value: Value, characters: Value = None) -> str:
    return text(value, "trim").strip(None if characters is None else text(characters, "trim"))


FUNCTIONS: Mapping[str, Function] = {
    "isNaN": _of_values(1, 1, _is_nan),
    "isInf": _of_values(1, 1, _is_inf),
    "isNil": Function((1, 1), _is_nil),
    "default": Function((2, 2), _default),
    "asInt": _of_values(1, 1, _as_int),
    "asFloat": _of_values(1, 1, _as_float),
    "int": _of_values(1, 1, _as_int),
    "float": _of_values(1, 1, _as_float),
    "len": _of_values(1, 1, _length),
    "type": _of_values(1, 1, _type),
    "abs": _of_values(1, 1, lambda value: abs(number(value, "abs"))),
    "ceil": _of_values(1, 1, _rounded("ceil", math.ceil)),
    "floor": _of_values(1, 1, _rounded("floor", math.floor)),
    "round": _of_values(1, 1, _rounded("round", _half_away)),
    "max": _of_values(1, _MANY, _most("max", max)),
    "min": _of_values(1, _MANY, _most("min", min)),
    "mean": _of_values(1, _MANY, _mean),
    "median": _of_values(1, _MANY, _median),
    "first": _of_values(1, 1, _first),
    "last": _of_values(1, 1, _last),
    "get": _of_values(2, 2, _get),
    "take": _of_values(2, 2, lambda values, many: list(items(values, "take"))[: max(0, whole(many, "take"))]),
    "keys": _of_values(1, 1, _keys),
    "values": _of_values(1, 1, _values),
    "reverse": _of_values(1, 1, lambda values: list(reversed(items(values, "reverse")))),
    "sort": _of_values(1, 2, _sorted),
    "uniq": _of_values(1, 1, _unique),
    "concat": _of_values(1, _MANY, lambda *lists: [value for one in lists for value in items(one, "concat")]),
    "upper": _of_values(1, 1, lambda value: text(value, "upper").upper()),
    "lower": _of_values(1, 1, lambda value: text(value, "lower").lower()),
    "trim": _of_values(1, 2, _trimmed),
    "trimPrefix": _of_values(2, 2, lambda a, b: text(a, "trimPrefix").removeprefix(text(b, "trimPrefix"))),
    "trimSuffix": _of_values(2, 2, lambda a, b: text(a, "trimSuffix").removesuffix(text(b, "trimSuffix"))),
    "split": _of_values(2, 2, _split),
    "join": _of_values(1, 2, _joined),
    "indexOf": _of_values(2, 2, lambda a, b: text(a, "indexOf").find(text(b, "indexOf"))),
    "hasPrefix": _of_values(2, 2, lambda a, b: text(a, "hasPrefix").startswith(text(b, "hasPrefix"))),
    "hasSuffix": _of_values(2, 2, lambda a, b: text(a, "hasSuffix").endswith(text(b, "hasSuffix"))),
}
