"""The fields of one resource in a checkpoint: their names, their order, and which are left out when empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.resource import Resource
from engine.state.properties import Seal, Unseal, decode, decode_map, encode, encode_map

# JSON name -> attribute, in the order of the file. Those of _ALWAYS are written even when empty.
FIELDS = {
    "urn": "urn",
    "custom": "custom",
    "delete": "delete",
    "id": "id",
    "type": "type",
    "inputs": "inputs",
    "outputs": "outputs",
    "parent": "parent",
    "protect": "protect",
    "taint": "taint",
    "external": "external",
    "dependencies": "dependencies",
    "initErrors": "init_errors",
    "provider": "provider",
    "propertyDependencies": "property_dependencies",
    "pendingReplacement": "pending_replacement",
    "additionalSecretOutputs": "additional_secret_outputs",
    "aliases": "aliases",
    "customTimeouts": "custom_timeouts",
    "importID": "import_id",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replaceWith": "replace_with",
    "created": "created",
    "modified": "modified",
    "sourcePosition": "source_position",
    "stackTrace": "stack_trace",
    "ignoreChanges": "ignore_changes",
    "hideDiff": "hide_diff",
    "replaceOnChanges": "replace_on_changes",
    "replacementTrigger": "replacement_trigger",
    "refreshBeforeUpdate": "refresh_before_update",
    "resourceHooks": "resource_hooks",
}
_ALWAYS = frozenset({"urn", "custom", "type"})
_NEVER = frozenset({"aliases"})
"""An alias has served once the resource has its new name."""

_TIMEOUTS = ("create", "update", "delete")


def encode_resource(resource: Resource, seal: Seal | None) -> dict[str, Any]:
    """The resource as JSON. Without `seal`, secrets are written as plain text."""
    document = {}
    for name, attribute in FIELDS.items():
        value = getattr(resource, attribute)
        if name in _ALWAYS or (value and name not in _NEVER):
            writer = _WRITERS.get(name)
            document[name] = writer(value, seal) if writer else value
    return document | resource.extra


def decode_resource(document: Mapping[str, Any], unseal: Unseal) -> Resource:
    """The resource that JSON stands for; fields that the engine does not know are kept in `extra`."""
    known: dict[str, Any] = {"urn": "", "type": ""}
    extra = {}
    for name, value in document.items():
        attribute = FIELDS.get(name)
        if attribute is None:
            extra[name] = value
        elif value is not None:
            reader = _READERS.get(name)
            known[attribute] = reader(value, unseal) if reader else value
    return Resource(**known, extra=extra)


def _sorted(value: Mapping[str, Any], seal: Seal | None) -> dict[str, Any]:
    return dict(sorted(value.items()))


def _hooks(value: Mapping[str, Any], seal: Seal | None) -> dict[str, Any]:
    return dict(sorted((_moment(name), names) for name, names in value.items()))


def _moment(name: str) -> str:
    """`BeforeCreate` for `before_create`."""
    return "".join(word.capitalize() for word in name.split("_"))


def _attribute(moment: str) -> str:
    """`before_create` for `BeforeCreate`, or for itself, which older states have."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", moment).lower()


def _timeouts(value: Mapping[str, float], seal: Seal | None) -> dict[str, float]:
    return {name: value[name] for name in _TIMEOUTS if value.get(name)}


_WRITERS: dict[str, Callable[[Any, Seal | None], Any]] = {
    "inputs": encode_map,
    "outputs": encode_map,
    "propertyDependencies": _sorted,
    "resourceHooks": _hooks,
    "customTimeouts": _timeouts,
    "replacementTrigger": encode,
}
_READERS: dict[str, Callable[[Any, Unseal], Any]] = {
    "inputs": decode_map,
    "outputs": decode_map,
    "replacementTrigger": decode,
    "resourceHooks": lambda value, unseal: {_attribute(name): names for name, names in value.items()},
    "propertyDependencies": lambda value, unseal: {name: urns or [] for name, urns in value.items()},
}
