"""A condition as a tree of frozen values. `at` is the place in its text, counted in characters from 0."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """A number, a text, true, false or nil."""

    value: bool | int | float | str | None


@dataclass(frozen=True)
class Name:
    """A value that is known by its name: `result`, or what `let` declared."""

    name: str
    at: int


@dataclass(frozen=True)
class Pointer:
    """What a predicate is asked about: `#` the item, `#index` its place, `#acc` what was reduced so far."""

    name: str
    at: int


@dataclass(frozen=True)
class Unary:
    sign: str
    operand: Node
    at: int


@dataclass(frozen=True)
class Binary:
    sign: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True)
class Choice:
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node
    at: int


@dataclass(frozen=True)
class Member:
    """A field or an item; `optional` (`?.`) makes the whole chain nil where there is nothing to look into."""

    whole: Node
    key: Node
    optional: bool
    at: int


@dataclass(frozen=True)
class Chain:
    """How far an optional member reaches."""

    inner: Node


@dataclass(frozen=True)
class Slice:
    whole: Node
    first: Node | None
    last: Node | None
    at: int


@dataclass(frozen=True)
class Items:
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Pairs:
    pairs: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True)
class Call:
    """A function with its arguments; where the function takes a predicate, that is the argument's tree itself."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True)
class Let:
    name: str
    value: Node
    body: Node


Node = (
    Constant | Name | Pointer | Unary | Binary | Choice | Member | Chain | Slice | Items | Pairs | Call | Let
)
