"""Property values on the wire: protobuf Structs, in which a signature key marks the special kinds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from engine.values import UNKNOWN, Asset, Output, PropertyMap, Reference, Secret, Unknown, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# One per kind of value; older SDKs use the others.
UNKNOWN_TEXTS = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


def from_struct(struct: struct_pb2.Struct) -> PropertyMap:
    """The properties that a Struct holds. Raises `ValueError` for a signature that nobody knows."""
    return {key: from_value(value) for key, value in struct.fields.items()}


def from_value(value: struct_pb2.Value) -> Value:
    """One value of a Struct."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWN_TEXTS else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields:
            return _special(fields)
        return {key: from_value(item) for key, item in fields.items()}
    if kind == "number_value":
        return number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    return None


def number(value: float) -> int | float:
    """Doubles are all that the wire knows; whole ones were integers."""
    return int(value) if math.isfinite(value) and value.is_integer() else value


def _special(fields: Mapping[str, struct_pb2.Value]) -> Value:
    signature = fields[SIGNATURE].string_value
    if signature == SECRET:
        return Secret(from_value(fields["value"]))
    if signature == REFERENCE:
        return _reference(fields)
    if signature == OUTPUT:
        known = "value" in fields
        return Output(
            from_value(fields["value"]) if known else UNKNOWN,
            known=known,
            secret="secret" in fields and fields["secret"].bool_value,
            dependencies=tuple(item.string_value for item in fields["dependencies"].list_value.values)
            if "dependencies" in fields
            else (),
        )
    if signature in (ASSET, ARCHIVE):
        rest = {key: from_value(item) for key, item in fields.items() if key != SIGNATURE}
        return Asset("asset" if signature == ASSET else "archive", rest)
    raise ValueError(f"a property has the signature {signature}, which this engine does not know")


def _reference(fields: Mapping[str, struct_pb2.Value]) -> Reference:
    id: Any = None
    if "id" in fields:
        # An empty id stands for one that is not known yet.
        id = from_value(fields["id"]) or UNKNOWN
    version = fields["packageVersion"].string_value if "packageVersion" in fields else ""
    return Reference(fields["urn"].string_value, id, version)


def to_struct(properties: PropertyMap) -> struct_pb2.Struct:
    """The properties as a Struct, special kinds marked by their signatures."""
    struct = struct_pb2.Struct()
    fill(struct, properties)
    return struct


def fill(struct: struct_pb2.Struct, properties: PropertyMap) -> None:
    """Put the properties into a Struct that belongs to another message."""
    for key, value in properties.items():
        _set(struct.fields[key], value)


def _set(target: struct_pb2.Value, value: Value) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        fill(target.struct_value, value)
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        for item in value:
            _set(target.list_value.values.add(), item)
    elif isinstance(value, Unknown):
        target.string_value = UNKNOWN_TEXT
    else:
        target.struct_value.SetInParent()
        fill(target.struct_value, marked(value))


def marked(value: Value) -> PropertyMap:
    """A special value as the map that stands for it on the wire. Raises `TypeError` for anything else."""
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": value.value}
    if isinstance(value, Reference):
        fields: PropertyMap = {
            SIGNATURE: REFERENCE,
            "urn": value.urn,
            "packageVersion": value.package_version,
        }
        if value.id is not None:
            fields["id"] = "" if isinstance(value.id, Unknown) else value.id
        return fields
    if isinstance(value, Output):
        fields = {SIGNATURE: OUTPUT}
        if value.known:
            fields["value"] = value.value
        if value.secret:
            fields["secret"] = True
        if value.dependencies:
            fields["dependencies"] = list(value.dependencies)
        return fields
    if isinstance(value, Asset):
        return {SIGNATURE: ASSET if value.kind == "asset" else ARCHIVE, **value.fields}
    raise TypeError(f"a {type(value).__name__} is no property value: {value!r}")


def flatten(value: Value) -> Value:
    """The value without `Output` wrappers: their value, secret where they were, unknown where they are unknown."""
    if isinstance(value, Output):
        inner = flatten(value.value) if value.known else UNKNOWN
        return Secret(inner) if value.secret else inner
    if isinstance(value, dict):
        return {key: flatten(item) for key, item in value.items()}
    if isinstance(value, list):
        return [flatten(item) for item in value]
    if isinstance(value, Secret):
        return Secret(flatten(value.value))
    return value
