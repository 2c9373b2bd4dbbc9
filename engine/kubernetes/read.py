"""What is there now: the live object, and the inputs that would lead to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.kubernetes import waits
from engine.kubernetes.call import Call
from engine.kubernetes.check import SERVER_FIELDS
from engine.kubernetes.client import Unreachable
from engine.kubernetes.definitions import for_state
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import LAST_APPLIED, Object, at, is_patch, object_id, split_id, type_kind
from engine.kubernetes.outputs import FIELD_MANAGER, INITIAL_VERSION, INPUTS, checkpoint, secret_like
from engine.kubernetes.shape import cut
from engine.provider import Read
from engine.values import PropertyMap, reveal


def read(call: Call, type: str, id: str, inputs: PropertyMap | None, outputs: PropertyMap | None) -> Read:
    """The object with that id; an empty id where there is none."""
    declared = (outputs or {}).get(INPUTS) or inputs or {}
    identity = _identity(type, reveal(declared))
    namespace, name = split_id(id)
    try:
        live = call.cluster.collection(*identity, namespace or _namespace(call, identity)).get(name)
    except UnknownKind:
        live = None
    except Unreachable as error:
        if not call.settings.delete_unreachable:
            raise
        call.operation.log("warning", f"{error}; {id} is taken to be gone (deleteUnreachable)", False)
        live = None
    if live is None:
        return Read("")
    return _found(call, type, live, declared, outputs or {})


def _found(call: Call, type: str, live: Object, declared: PropertyMap, outputs: PropertyMap) -> Read:
    document, known = for_state(live), "metadata" in declared
    inputs = cut(declared, document) if known else secret_like(derived(document), {})
    manager = str(outputs.get(FIELD_MANAGER) or "")
    # What is read for the first time belongs to somebody else.
    errors = tuple(waits.unready_reasons(call, live)) if known and not is_patch(type, live) else ()
    state = checkpoint(live, inputs, manager, str(outputs.get(INITIAL_VERSION) or ""))
    return Read(object_id(live), state, inputs, errors)


def derived(live: Object) -> PropertyMap:
    """Inputs for an object that was never declared: everything but what only the server writes."""
    inputs = {key: value for key, value in live.items() if key != "status"}
    metadata = {
        key: value for key, value in at(live, "metadata", default={}).items() if key not in SERVER_FIELDS
    }
    annotations = {
        key: value for key, value in metadata.pop("annotations", {}).items() if key != LAST_APPLIED
    }
    inputs["metadata"] = {**metadata, **({"annotations": annotations} if annotations else {})}
    return inputs


def _identity(type: str, declared: Mapping[str, Any]) -> tuple[str, str]:
    """(apiVersion, kind): as declared, else as the type token says."""
    token = type.split(":", 1)[1].rsplit(":", 1)[0]
    kind = type_kind(type)
    if kind.endswith("Patch") and "kind" not in declared:
        kind = kind.removesuffix("Patch")
    return str(declared.get("apiVersion") or token.removeprefix("core/")), str(declared.get("kind") or kind)


def _namespace(call: Call, identity: tuple[str, str]) -> str:
    """An id without a namespace means the default one, if the kind lives in namespaces."""
    return call.default_namespace() if call.cluster.kinds.find(*identity).namespaced else ""
