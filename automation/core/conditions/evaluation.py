"""What a condition comes to for one measurement. No clock, no randomness, and no way out of its own values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from automation.core.conditions.functions import FUNCTIONS
from automation.core.conditions.parser import RESULT
from automation.core.conditions.predicates import PREDICATES
from automation.core.conditions.syntax import (
    Binary,
    Call,
    Chain,
    Choice,
    Constant,
    Items,
    Let,
    Member,
    Name,
    Node,
    Pairs,
    Pointer,
    Slice,
    Unary,
)
from automation.core.conditions.values import (
    Unevaluated,
    Value,
    items,
    number,
    ordered,
    same,
    text,
    truth,
    whole,
)
from automation.core.shape import noun

_LONGEST_RANGE = 1_000_000


class _Nothing(Exception):
    """An optional member of nil was asked for."""


@dataclass(frozen=True)
class Scope:
    """What names stand for: `names` what was measured and declared, `pointed` what the innermost predicate is asked
    about."""

    names: Mapping[str, Value]
    pointed: Mapping[str, Value] = field(default_factory=dict)


def evaluate(tree: Node, measured: Value) -> Value:
    """The value of a condition's tree. Raises Unevaluated."""
    try:
        return _value(tree, Scope({RESULT: measured}))
    except RecursionError:
        raise Unevaluated("the condition is nested deeper than can be evaluated") from None


def _value(tree: Node, scope: Scope) -> Value:
    match tree:
        case Constant(value):
            return value
        case Name(name):
            return scope.names[name]
        case Pointer(name):
            return scope.pointed[name]
        case Items(values):
            return [_value(value, scope) for value in values]
        case Pairs(pairs):
            return {text(_value(key, scope), "a field's name"): _value(value, scope) for key, value in pairs}
        case Let(name, value, body):
            return _value(body, replace(scope, names={**scope.names, name: _value(value, scope)}))
        case Choice(condition, then, otherwise):
            return _value(then if truth(_value(condition, scope), "?:") else otherwise, scope)
        case Chain(inner):
            return _chain(inner, scope)
    return _operation(tree, scope)


def _operation(tree: Unary | Binary | Member | Slice | Call, scope: Scope) -> Value:
    match tree:
        case Unary(sign, operand):
            return _unary(sign, _value(operand, scope))
        case Binary(sign, left, right) if sign in _LAZY:
            return _LAZY[sign](_value(left, scope), lambda: _value(right, scope))
        case Binary(sign, left, right):
            return _EAGER[sign](_value(left, scope), _value(right, scope))
        case Member(inner, key, optional):
            return _member(_value(inner, scope), _value(key, scope), optional)
        case Slice(inner, first, last):
            return _slice(
                _value(inner, scope), *(None if at is None else _value(at, scope) for at in (first, last))
            )
        case Call(name, arguments):
            return _called(name, arguments, scope)


def _chain(inner: Node, scope: Scope) -> Value:
    try:
        return _value(inner, scope)
    except _Nothing:
        return None


def _unary(sign: str, operand: Value) -> Value:
    if sign in ("not", "!"):
        return not truth(operand, sign)
    return -number(operand, sign) if sign == "-" else number(operand, sign)


def _member(holder: Value, key: Value, optional: bool) -> Value:
    if isinstance(holder, Mapping):
        return holder.get(key) if isinstance(key, str) else None
    if isinstance(holder, list | tuple):
        index = whole(key, "an index")
        if not -len(holder) <= index < len(holder):
            raise Unevaluated(f"there is no item {index} in a list of {len(holder)}")
        return holder[index]
    if holder is None and optional:
        raise _Nothing
    raise Unevaluated(f"there is no {key!r} in {noun(holder)}")


def _slice(holder: Value, first: Value, last: Value) -> Value:
    if not isinstance(holder, str):
        holder = items(holder, "a slice")
    bounds = [None if at is None else whole(at, "a slice") for at in (first, last)]
    return holder[bounds[0] : bounds[1]]


def _called(name: str, arguments: tuple[Node, ...], scope: Scope) -> Value:
    if name in FUNCTIONS:
        return FUNCTIONS[name].apply(scope.names[RESULT], *(_value(one, scope) for one in arguments))
    listed, *rest = arguments
    predicate = [_asked(rest[0], scope)] if rest else []
    values = items(_value(listed, scope), name)
    return PREDICATES[name].apply(values, *predicate, *(_value(one, scope) for one in rest[1:]))


def _asked(tree: Node, scope: Scope) -> Callable[..., Value]:
    def asked(item: Value, place: int, *reduced: Value) -> Value:
        pointed = {"": item, "index": place} | ({"acc": reduced[0]} if reduced else {})
        return _value(tree, replace(scope, pointed=pointed))

    return asked


def _and(left: Value, right: Callable[[], Value]) -> bool:
    return truth(left, "&&") and truth(right(), "&&")


def _or(left: Value, right: Callable[[], Value]) -> bool:
    return truth(left, "||") or truth(right(), "||")


def _coalesce(left: Value, right: Callable[[], Value]) -> Value:
    return right() if left is None else left


def _plus(one: Value, other: Value) -> Value:
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    return number(one, "+") + number(other, "+")


def _divided(one: Value, other: Value) -> float:
    """Division as floating point has it: nothing is too small to divide by."""
    above, below = float(number(one, "/")), float(number(other, "/"))
    if below:
        return above / below
    return (
        math.nan
        if not above or math.isnan(above)
        else math.copysign(math.inf, above) * math.copysign(1, below)
    )


def _modulo(one: Value, other: Value) -> int:
    """The remainder of whole numbers, with the sign of the first."""
    above, below = number(one, "%"), number(other, "%")
    if not isinstance(above, int) or not isinstance(below, int):
        raise Unevaluated("% needs whole numbers")
    if not below:
        raise Unevaluated("% can't divide by 0")
    return abs(above) % abs(below) * (-1 if above < 0 else 1)


def _power(one: Value, other: Value) -> float:
    base, exponent = float(number(one, "**")), float(number(other, "**"))
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan


def _range(one: Value, other: Value) -> list[int]:
    first, last = whole(one, ".."), whole(other, "..")
    if last - first > _LONGEST_RANGE:
        raise Unevaluated(f"{first}..{last} has more than {_LONGEST_RANGE} items")
    return list(range(first, last + 1))


def _in(one: Value, other: Value) -> bool:
    if other is None:
        return False
    if isinstance(other, Mapping):
        return isinstance(one, str) and one in other
    return any(same(one, item) for item in items(other, "in"))


def _matches(one: Value, other: Value) -> bool:
    try:
        return bool(re.search(text(other, "matches"), text(one, "matches")))
    except re.error as broken:
        raise Unevaluated(f"{other!r} is no regular expression ({broken})") from None


_LAZY: Mapping[str, Callable[[Value, Callable[[], Value]], Value]] = {
    "&&": _and,
    "and": _and,
    "||": _or,
    "or": _or,
    "??": _coalesce,
}
"""Operators that look at their right side only where it matters."""
_EAGER: Mapping[str, Callable[[Value, Value], Value]] = {
    "==": same,
    "!=": lambda one, other: not same(one, other),
    "<": lambda one, other: ordered(one, other, "<"),
    "<=": lambda one, other: ordered(one, other, "<="),
    ">": lambda one, other: ordered(one, other, ">"),
    ">=": lambda one, other: ordered(one, other, ">="),
    "+": _plus,
    "-": lambda one, other: number(one, "-") - number(other, "-"),
    "*": lambda one, other: number(one, "*") * number(other, "*"),
    "/": _divided,
    "%": _modulo,
    "**": _power,
    "^": _power,
    "..": _range,
    "in": _in,
    "matches": _matches,
    "contains": lambda one, other: text(other, "contains") in text(one, "contains"),
    "startsWith": lambda one, other: text(one, "startsWith").startswith(text(other, "startsWith")),
    "endsWith": lambda one, other: text(one, "endsWith").endswith(text(other, "endsWith")),
}
