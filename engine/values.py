"""Property values as the engine holds them: plain Python, plus the few kinds that plain Python lacks.

A property map is a `dict[str, Value]`. Numbers that are integral are `int`. The wire form (protobuf Struct)
and the state form (JSON) of the special kinds are made by `engine.wire` and `engine.state`; this module only
names them and answers questions about them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias


class Unknown:
    """A value that is only known after the update. There is one instance: `UNKNOWN`."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: Any) -> Unknown:
        return self


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in state and masked on every display."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True)
class Reference:
    """A reference to another resource. `id` is None for a component and UNKNOWN in a preview."""

    urn: str
    id: str | Unknown | None = None
    package_version: str = ""


@dataclass(frozen=True)
class Output:
    """An output value on the wire: a value with its dependencies. Flattened before it reaches a provider."""

    value: Value
    known: bool = True
    secret: bool = False
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asset:
    """An asset or archive, kept as the wire gave it (kind is `asset` or `archive`)."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)


# Recursive aliases need a checker newer than the ones in use; Any keeps the leaf types honest in prose:
# None | bool | int | float | str | list[Value] | dict[str, Value] | Unknown | Secret | Reference | Output | Asset
Value: TypeAlias = Any
PropertyMap: TypeAlias = dict[str, Any]


def transform(value: Value, leaf: Callable[[Value], Value]) -> Value:
    """`leaf` applied to every value that is neither a list nor a map, containers rebuilt."""
    if isinstance(value, dict):
        return {key: transform(item, leaf) for key, item in value.items()}
    if isinstance(value, list):
        return [transform(item, leaf) for item in value]
    return leaf(value)


def reveal(value: Value) -> Value:
    """The value with every `Secret` and `Output` wrapper taken off, at any depth."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Output):
        return reveal(value.value) if value.known else UNKNOWN
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def blinded(value: Value) -> Value:
    """The value with `[secret]` in the place of each `Secret`, at any depth."""
    return transform(value, lambda leaf: "[secret]" if isinstance(leaf, Secret) else leaf)


def has_unknown(value: Value) -> bool:
    """Whether any part of the value is only known after the update."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Output):
        return not value.known or has_unknown(value.value)
    if isinstance(value, Reference):
        return isinstance(value.id, Unknown)
    return isinstance(value, Unknown)


def has_secret(value: Value) -> bool:
    """Whether any part of the value is secret."""
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    if isinstance(value, Output):
        return value.secret or has_secret(value.value)
    return isinstance(value, Secret)
