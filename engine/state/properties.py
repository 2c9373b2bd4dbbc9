"""Property values in a checkpoint: JSON, in which a signature key marks the special kinds."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from engine.state.errors import BrokenCheckpoint
from engine.values import UNKNOWN, Asset, Output, PropertyMap, Reference, Secret, Unknown, Value
from engine.wire import ARCHIVE, ASSET, REFERENCE, SECRET, SIGNATURE, UNKNOWN_TEXT

FLOAT = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"

Seal = Callable[[str], str]
"""From a plain text to its cipher text."""

Unseal = Callable[[str], str]
"""From a cipher text to its plain text."""


def compact(document: Any) -> str:
    """JSON on one line, nothing escaped that need not be."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def encode_map(properties: PropertyMap, seal: Seal | None) -> dict[str, Any]:
    """The JSON form of properties, keys sorted. Without `seal`, secrets are written as plain text."""
    return {key: encode(properties[key], seal) for key in sorted(properties)}


def encode(value: Value, seal: Seal | None) -> Any:
    """The JSON form of one value."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return encode_map(value, seal)
    if isinstance(value, list | tuple):
        return [encode(item, seal) for item in value]
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, Secret):
        return _encode_secret(value, seal)
    return _encode_rare(value, seal)


def decode_map(document: Mapping[str, Any], unseal: Unseal) -> PropertyMap:
    """The properties that a JSON object stands for. Raises `BrokenCheckpoint` for a signature nobody knows."""
    return {key: decode(value, unseal) for key, value in document.items()}


def decode(document: Any, unseal: Unseal) -> Value:
    """The value that JSON stands for."""
    if isinstance(document, str):
        return UNKNOWN if document == UNKNOWN_TEXT else document
    if isinstance(document, dict):
        return _decode_special(document, unseal) if SIGNATURE in document else decode_map(document, unseal)
    if isinstance(document, list):
        return [decode(item, unseal) for item in document]
    if isinstance(document, float) and document.is_integer():
        return int(document)
    return document


def _encode_float(value: float) -> Any:
    if not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0):
        return {SIGNATURE: FLOAT, "value": struct.pack(">d", value).hex()}
    return int(value) if value.is_integer() else value


def _encode_secret(secret: Secret, seal: Seal | None) -> dict[str, Any]:
    # What is inside a secret is encrypted once, as a whole.
    plaintext = compact(encode(secret.value, _open))
    text = {"plaintext": plaintext} if seal is None else {"ciphertext": seal(plaintext)}
    return {SIGNATURE: SECRET, **text}


def _encode_rare(value: Value, seal: Seal | None) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, Reference):
        known = {} if value.id is None else {"id": "" if isinstance(value.id, Unknown) else value.id}
        return {SIGNATURE: REFERENCE, **known, "packageVersion": value.package_version, "urn": value.urn}
    if isinstance(value, Output):
        inner = value.value if value.known else UNKNOWN
        return encode(Secret(inner) if value.secret else inner, seal)
    if isinstance(value, Asset):
        return {SIGNATURE: ASSET if value.kind == "asset" else ARCHIVE, **encode_map(value.fields, seal)}
    raise TypeError(f"{type(value).__name__} is not a property value")


def _decode_special(document: Mapping[str, Any], unseal: Unseal) -> Value:
    signature = document[SIGNATURE]
    if signature == SECRET:
        return _decode_secret(document, unseal)
    if signature == REFERENCE:
        id = document.get("id")
        return Reference(document["urn"], UNKNOWN if id == "" else id, document.get("packageVersion", ""))
    if signature == FLOAT:
        number: float = struct.unpack(">d", bytes.fromhex(document["value"]))[0]
        return number
    if signature in (ASSET, ARCHIVE):
        fields = {key: decode(value, unseal) for key, value in document.items() if key != SIGNATURE}
        return Asset("asset" if signature == ASSET else "archive", fields)
    raise BrokenCheckpoint(
        f"the state holds a value of a kind ('{signature}') that this engine does not know; "
        "use the official Pulumi CLI for this stack, or a newer engine"
    )


def _decode_secret(document: Mapping[str, Any], unseal: Unseal) -> Secret:
    if "plaintext" in document:
        plaintext = document["plaintext"]
    elif "ciphertext" in document:
        plaintext = unseal(document["ciphertext"])
    else:
        raise BrokenCheckpoint("malformed secret value: one of `ciphertext` or `plaintext` must be supplied")
    return Secret(decode(json.loads(plaintext), _open))


def _open(text: str) -> str:
    """Seals and unseals nothing: inside a secret, nested secrets are only marked."""
    return text
