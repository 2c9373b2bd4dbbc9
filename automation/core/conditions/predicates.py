"""The functions of a condition that ask a predicate of each item of a list: expr-lang's `all`, `any`, `filter`, …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from automation.core.conditions.values import Unevaluated, Value, is_number, ordered, same, truth

Asked = Callable[..., Value]
"""A predicate: it gets an item, its place in the list, and (`reduce`) what was reduced so far."""


@dataclass(frozen=True)
class WithPredicate:
    """`arguments` is how many there are at least and at most, list and predicate among them. `apply` gets the items,
    the predicate (where there is one) and what stands after it. `pointed` is what a predicate may ask about, by what
    stands behind the #."""

    arguments: tuple[int, int]
    apply: Callable[..., Value]
    pointed: tuple[str, ...] = ("",)


def _chosen(name: str, values: Sequence[Value], asked: Asked) -> list[int]:
    """The places of the items for which a predicate is true."""
    return [
        place for place, value in enumerate(values) if truth(asked(value, place), f"the predicate of {name}")
    ]


def _all(values: Sequence[Value], asked: Asked) -> bool:
    return all(truth(asked(value, place), "the predicate of all") for place, value in enumerate(values))


def _any(values: Sequence[Value], asked: Asked) -> bool:
    return any(truth(asked(value, place), "the predicate of any") for place, value in enumerate(values))


def _none(values: Sequence[Value], asked: Asked) -> bool:
    return not _any(values, asked)


def _one(values: Sequence[Value], asked: Asked) -> bool:
    return len(_chosen("one", values, asked)) == 1


def _filter(values: Sequence[Value], asked: Asked) -> list[Value]:
    return [values[place] for place in _chosen("filter", values, asked)]


def _map(values: Sequence[Value], asked: Asked) -> list[Value]:
    return [asked(value, place) for place, value in enumerate(values)]


def _count(values: Sequence[Value], asked: Asked | None = None) -> int:
    return len(_chosen("count", values, asked or (lambda value, place: value)))


def _sum(values: Sequence[Value], asked: Asked | None = None) -> Value:
    found = values if asked is None else _map(values, asked)
    if strange := [value for value in found if not is_number(value)]:
        raise Unevaluated(f"sum needs numbers, not {strange[0]!r}")
    return sum(found)


def _find(values: Sequence[Value], asked: Asked) -> Value:
    found = _chosen("find", values, asked)
    return values[found[0]] if found else None


def _find_last(values: Sequence[Value], asked: Asked) -> Value:
    found = _chosen("findLast", values, asked)
    return values[found[-1]] if found else None


def _find_index(values: Sequence[Value], asked: Asked) -> Value:
    found = _chosen("findIndex", values, asked)
    return found[0] if found else None


def _find_last_index(values: Sequence[Value], asked: Asked) -> Value:
    found = _chosen("findLastIndex", values, asked)
    return found[-1] if found else None


def _sort_by(values: Sequence[Value], asked: Asked, order: Value = "asc") -> list[Value]:
    keys = _map(values, asked)
    for key in keys:
        ordered(keys[0], key, "sortBy")
    places = sorted(range(len(values)), key=keys.__getitem__, reverse=same(order, "desc"))
    return [values[place] for place in places]


_NOTHING = object()


def _reduce(values: Sequence[Value], asked: Asked, start: Value = _NOTHING) -> Value:
    """Without a start, the first item is what is begun with."""
    if start is _NOTHING and not values:
        raise Unevaluated("reduce of an empty list needs something to begin with")
    skipped = 1 if start is _NOTHING else 0
    reduced = values[0] if skipped else start
    for place, value in enumerate(values[skipped:], start=skipped):
        reduced = asked(value, place, reduced)
    return reduced


PREDICATES: Mapping[str, WithPredicate] = {
    "all": WithPredicate((2, 2), _all),
    "any": WithPredicate((2, 2), _any),
    "none": WithPredicate((2, 2), _none),
    "one": WithPredicate((2, 2), _one),
    "filter": WithPredicate((2, 2), _filter),
    "map": WithPredicate((2, 2), _map),
    "count": WithPredicate((1, 2), _count),
    "sum": WithPredicate((1, 2), _sum),
    "find": WithPredicate((2, 2), _find),
    "findIndex": WithPredicate((2, 2), _find_index),
    "findLast": WithPredicate((2, 2), _find_last),
    "findLastIndex": WithPredicate((2, 2), _find_last_index),
    "sortBy": WithPredicate((2, 3), _sort_by),
    "reduce": WithPredicate((2, 3), _reduce, ("", "index", "acc")),
}
