"""What the state keeps of an object: the live document, the inputs that led to it, and what is secret in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.kubernetes.definitions import for_state
from engine.kubernetes.objects import LAST_APPLIED, SECRET_FIELDS, Object, annotation, is_secret
from engine.values import UNKNOWN, PropertyMap, Secret, reveal

_CHOSEN = ("uid", "resourceVersion", "creationTimestamp")
INPUTS = "__inputs"
INITIAL_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"


def checkpoint(live: Object, inputs: PropertyMap, manager: str, initial_version: str = "") -> PropertyMap:
    """The outputs of a resource: the live object with the engine's own notes."""
    return {
        **secret_like(for_state(live), inputs),
        INPUTS: inputs,
        INITIAL_VERSION: initial_version or str(inputs.get("apiVersion", "")),
        FIELD_MANAGER: manager,
    }


def secret_like(live: Object, inputs: Mapping[str, Any]) -> PropertyMap:
    """The object with everything secret that is secret in the inputs; what a Secret holds always is."""
    marked: PropertyMap = _marked(live, inputs)
    if not is_secret(live):
        return marked
    for field in SECRET_FIELDS:
        if field in marked:
            marked[field] = Secret(reveal(marked[field]))
    if annotation(live, LAST_APPLIED):
        # kubectl keeps the whole object there, data included.
        annotations = {
            **live["metadata"]["annotations"],
            LAST_APPLIED: Secret(annotation(live, LAST_APPLIED)),
        }
        marked["metadata"] = {**reveal(marked["metadata"]), "annotations": annotations}
    return marked


def _marked(live: Any, inputs: Any) -> Any:
    if isinstance(inputs, Secret):
        return Secret(live)
    if isinstance(inputs, Mapping) and isinstance(live, dict):
        return {key: _marked(item, inputs[key]) if key in inputs else item for key, item in live.items()}
    if isinstance(inputs, list) and isinstance(live, list):
        return [_marked(item, inputs[i]) if i < len(inputs) else item for i, item in enumerate(live)]
    return live


def predicted(answer: Object, inputs: PropertyMap) -> PropertyMap:
    """The outputs that a dry run foretells; what the server chooses anew each time is unknown."""
    metadata = {key: value for key, value in answer["metadata"].items() if key != "managedFields"}
    return secret_like(for_state({**answer, "metadata": metadata}), inputs)


def predicted_new(answer: Object, inputs: PropertyMap) -> PropertyMap:
    """Like `predicted`, for an object that does not exist yet: its status is nobody's yet."""
    return untold(predicted({key: value for key, value in answer.items() if key != "status"}, inputs), inputs)


def untold(document: PropertyMap, inputs: PropertyMap) -> PropertyMap:
    """A new object as far as it is known, with what the server will choose for it unknown."""
    document = dict(document)
    metadata = document.get("metadata")
    if isinstance(reveal(metadata), dict):
        whole = {**reveal(metadata), **dict.fromkeys(_CHOSEN, UNKNOWN)}
        document["metadata"] = Secret(whole) if isinstance(metadata, Secret) else whole
    if document.get("kind") == "Service" and isinstance(reveal(document.get("spec")), dict):
        chosen = reveal(inputs.get("spec") or {})
        addresses = {field: UNKNOWN for field in ("clusterIP", "clusterIPs") if field not in chosen}
        document["spec"] = {**reveal(document["spec"]), **addresses}
    return document
