"""Inputs made complete before anything is compared: name, namespace, no fields that only the server writes. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.kubernetes.kind import BUILT_IN
from engine.kubernetes.objects import (
    AUTONAMED,
    SECRET_FIELDS,
    SKIP_AWAIT,
    WAIT_FOR,
    Object,
    annotation,
    at,
    flagged,
    is_patch,
    is_secret,
)
from engine.kubernetes.waits.expressions import rule_of
from engine.provider import ProviderError
from engine.values import PropertyMap, Secret, Unknown, has_unknown, reveal

SERVER_FIELDS = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)


MANAGED_BY = ("app.kubernetes.io/managed-by", "pulumi")
_DATA = ("data", "binaryData", "stringData")


@dataclass(frozen=True)
class Naming:
    """What names are made of: the resource's name in the program, eight hex digits, and the default namespace.

    `namespace` is empty for a kind that lives in none, or where the API server can't be asked about it.
    """

    base: str
    suffix: str
    namespace: str = ""


def problem(type: str, inputs: Mapping[str, Any], server_side_apply: bool) -> str:
    """What makes the inputs impossible, empty where nothing does."""
    kind, unknown = inputs.get("kind"), isinstance(inputs.get("kind"), Unknown)
    for name in ("apiVersion", "kind"):
        if not isinstance(inputs.get(name), str | Unknown) or inputs[name] == "":
            return f"missing required field {name}"
    if not unknown and str(kind).endswith("List") and "items" in inputs:
        return _LIST
    if not unknown and is_patch(type, inputs):
        return _patch_problem(inputs, server_side_apply)
    if server_side_apply and _is_generated(inputs):
        return "the `.metadata.generateName` field is not supported in Server-Side Apply mode"
    return _wait_problem(inputs)


_LIST = (
    "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly. "
    "Use the underlying resource type instead"
)
_CLIENT_SIDE_PATCH = (
    "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` Provider "
    "config"
)


def _patch_problem(inputs: Mapping[str, Any], server_side_apply: bool) -> str:
    if not server_side_apply:
        return _CLIENT_SIDE_PATCH
    named = at(inputs, "metadata", "name")
    return "" if named else "patch resources require the `.metadata.name` field to be set"


def _is_generated(inputs: Mapping[str, Any]) -> bool:
    """Whether the server makes the name."""
    return bool(at(inputs, "metadata", "generateName")) and not at(inputs, "metadata", "name")


def _wait_problem(inputs: Mapping[str, Any]) -> str:
    """A wait that is not understood is refused here: later the object would be there and no state would know of it."""
    asked = annotation(inputs, WAIT_FOR)
    if asked and not flagged(inputs, SKIP_AWAIT):
        try:
            rule_of(asked)
        except ProviderError as wrong:
            return str(wrong)
    return ""


def labelled(olds: PropertyMap, inputs: PropertyMap, server_side_apply: bool) -> PropertyMap:
    """The inputs with the label of whose they are, which only objects have that were made without field managers."""
    key, value = MANAGED_BY
    has_it = at(reveal(olds), "metadata", "labels", key) == value if olds else not server_side_apply
    metadata = inputs.get("metadata")
    labels = metadata.get("labels") or {} if isinstance(metadata, dict) else None
    if not has_it or not isinstance(metadata, dict) or not isinstance(labels, dict):
        return inputs
    return {**inputs, "metadata": {**metadata, "labels": {**labels, key: value}}}


def complete(type: str, olds: PropertyMap, news: PropertyMap, naming: Naming) -> PropertyMap:
    """The inputs as they are compared, stored and sent. `olds` are empty for a new resource."""
    built_in = (news.get("apiVersion"), news.get("kind")) in BUILT_IN
    inputs: PropertyMap = _copied(news, keep_nulls=not built_in)
    if news.get("kind") in ("ConfigMap", "Secret"):
        # The server keeps no empty one, and nobody means anything by it.
        inputs = {name: value for name, value in inputs.items() if name not in _DATA or value != {}}
    metadata = _metadata(inputs)
    if metadata is None:
        return inputs
    for field in SERVER_FIELDS:
        metadata.pop(field, None)
    for field in ("labels", "annotations"):
        if built_in and metadata.get(field) == {}:
            del metadata[field]
    if not metadata.get("name") and not metadata.get("generateName") and not is_patch(type, inputs):
        _autoname(metadata, reveal(olds), naming)
    if not metadata.get("namespace") and naming.namespace:
        metadata["namespace"] = naming.namespace
    if is_secret(inputs):
        _encode_string_data(inputs)
        inputs |= {field: Secret(reveal(inputs[field])) for field in SECRET_FIELDS if field in inputs}
    return inputs


def _metadata(inputs: PropertyMap) -> Object | None:
    """The metadata, made if missing and rid of secrecy; None if it isn't known yet."""
    metadata = reveal(inputs.get("metadata") or {})
    if not isinstance(metadata, dict):
        return None
    if not isinstance(inputs.get("metadata"), dict):
        inputs["metadata"] = metadata
    result: Object = inputs["metadata"]
    return result


def _autoname(metadata: Object, olds: PropertyMap, naming: Naming) -> None:
    """The name that was made before, or a new one. One that was given once is taken away first."""
    automatic = flagged(olds, AUTONAMED)
    if olds and not automatic:
        return
    metadata["name"] = at(olds, "metadata", "name") if automatic else f"{naming.base}-{naming.suffix}"
    annotations = metadata.get("annotations") or {}
    if isinstance(annotations, dict):
        metadata["annotations"] = {**annotations, AUTONAMED: "true"}


def _encode_string_data(inputs: PropertyMap) -> None:
    """`stringData` is write-only: the server answers with `data`, so `data` is what is declared from here on."""
    texts = reveal(inputs.get("stringData"))
    if not isinstance(texts, dict) or has_unknown(texts) or isinstance(reveal(inputs.get("data")), Unknown):
        return
    del inputs["stringData"]
    encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    inputs["data"] = {**(reveal(inputs.get("data")) or {}), **encoded}


def _copied(value: Any, keep_nulls: bool) -> Any:
    """The value rebuilt. A null means nothing to built-in kinds, but custom resources may tell it from absence."""
    if isinstance(value, dict):
        items = (
            value.items() if keep_nulls else ((key, item) for key, item in value.items() if item is not None)
        )
        return {key: _copied(item, keep_nulls) for key, item in items}
    if isinstance(value, list):
        return [_copied(item, keep_nulls) for item in value]
    return value
