"""The shape that others give to their objects, as far as it is relied on: what is not of it is told with its path.

Objects of a cluster have it, as the API server checks it; documents that nobody has applied yet may not.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.refusal import Problem

_NOUNS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    type(None): "nothing",
}
_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxdict = 30
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = 1, 100, 100, 40


def noun(value: Any) -> str:
    """What a value is, for people: "text", "a list" and the like."""
    return "an object" if isinstance(value, Mapping) else _NOUNS.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """A value as it stands in a sentence: a large one is cut short, however often its aliases name their like."""
    return _SHORT.repr(value)


@dataclass(frozen=True)
class Rule:
    """What a value has to be beside its type: whether that `holds`, how it is called, and the remedy where it isn't."""

    holds: Callable[[Any], bool]
    noun: str
    remedy: str


@dataclass(frozen=True)
class Leaf:
    """A value of one of these types. `noun` is what people are told to write."""

    types: tuple[type, ...]
    noun: str
    rule: Rule | None = None


@dataclass(frozen=True)
class Items:
    """A list of values of one shape."""

    item: Shape
    noun: str = "a list"


@dataclass(frozen=True)
class Named:
    """An object of any names, with values of one shape."""

    value: Shape
    noun: str = "an object"


@dataclass(frozen=True)
class Fields:
    """An object with these fields. Whether there are others is not asked; those that are not `required` may be null.
    `disagreeing` tells, of an object at a path with nothing else wrong, which of them contradict each other."""

    fields: Mapping[str, Shape]
    required: frozenset[str] = frozenset()
    noun: str = "an object"
    disagreeing: Callable[[Mapping[str, Any], str], Iterable[Problem]] = lambda value, path: ()


Shape = Leaf | Items | Named | Fields

TEXT = Leaf((str,), "text")
WHOLE = Leaf((int,), "a whole number")
COUNT = Leaf((int,), "a whole number", Rule(lambda value: value >= 0, "a number of things", "use 0 or more"))
TRUTH = Leaf((bool,), "true or false")
PORT = Leaf((int, str), "a number or a name")
LABELS = Named(TEXT)


def fields(*required: str, **shapes: Shape) -> Fields:
    """An object with these fields, the `required` ones among them."""
    return Fields(shapes, frozenset(required))


METADATA = fields(name=TEXT, namespace=TEXT, labels=LABELS, annotations=LABELS)
OBJECT = fields(apiVersion=TEXT, metadata=METADATA)
"""What every Kubernetes object has in common."""


def flaws(value: Any, shape: Shape, path: str = "") -> Iterator[Problem]:
    """Everything about a value that is not of a shape; `path` is where the value stands."""
    match shape:
        case Leaf(types) if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            yield Problem(path, f"is {noun(value)}, not {shape.noun}", f"write {shape.noun}")
        case Leaf(rule=Rule() as rule) if not rule.holds(value):
            yield Problem(path, f"{shown(value)} is not {rule.noun}", rule.remedy)
        case Items(item) if isinstance(value, list):
            for index, one in enumerate(value):
                yield from flaws(one, item, f"{path}[{index}]")
        case Named(inner) if isinstance(value, Mapping):
            for name, one in value.items():
                yield from flaws(one, inner, _at(path, name))
        case Fields() if isinstance(value, Mapping):
            found = list(_flaws_of_fields(value, shape, path))
            yield from found or shape.disagreeing(value, path)
        case Items() | Named() | Fields():
            remedy = "write a list" if isinstance(shape, Items) else "write it as fields and values"
            yield Problem(path, f"is {noun(value)}, not {shape.noun}", remedy)


def _flaws_of_fields(value: Mapping[str, Any], shape: Fields, path: str) -> Iterator[Problem]:
    for name, inner in shape.fields.items():
        found = value.get(name)
        if found is not None:
            yield from flaws(found, inner, _at(path, name))
        elif name in shape.required:
            yield Problem(_at(path, name), "is missing", f"set it to {inner.noun}")


def _at(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
