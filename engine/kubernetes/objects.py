"""A Kubernetes object as plain data: who it is and what can be looked up in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]

PATCH_FORCE = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

# The fields of a Secret that nobody may read in a state.
SECRET_FIELDS = ("data", "stringData")


def at(value: Any, *path: str | int, default: Any = None) -> Any:
    """The value at a path of keys and indexes; the default where the path leads nowhere (or to null)."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is None:
            return default
    return value


def annotation(document: Mapping[str, Any], name: str) -> str:
    """The text of an annotation, empty where there is none or it is not known yet."""
    value = at(document, "metadata", "annotations", name)
    return value if isinstance(value, str) else ""


def flagged(document: Mapping[str, Any], name: str) -> bool:
    """Whether an annotation says `true`."""
    return annotation(document, name) == "true"


def object_id(document: Mapping[str, Any]) -> str:
    """`namespace/name`, or `name` where the object has no namespace."""
    namespace, name = at(document, "metadata", "namespace"), at(document, "metadata", "name", default="")
    return f"{namespace}/{name}" if namespace else str(name)


def identity(document: Mapping[str, Any]) -> Object:
    """The object with nothing but what tells which one it is."""
    names = {key: at(document, "metadata", key) for key in ("name", "namespace")}
    metadata = {key: value for key, value in names.items() if value}
    return {"apiVersion": document["apiVersion"], "kind": document["kind"], "metadata": metadata}


def split_id(id: str) -> tuple[str, str]:
    """(namespace, name) of an id; the namespace is empty for objects of the whole cluster."""
    namespace, slash, name = id.partition("/")
    return (namespace, name) if slash else ("", namespace)


def title(document: Mapping[str, Any]) -> str:
    """How messages call the object: `Deployment "test/podinfo"`."""
    return f'{document.get("kind", "object")} "{object_id(document)}"'


def is_secret(document: Mapping[str, Any]) -> bool:
    """Whether the object is a Secret."""
    return document.get("kind") == "Secret" and document.get("apiVersion") == "v1"


def type_kind(type: str) -> str:
    """The kind in a type token: `kubernetes:apps/v1:DeploymentPatch` -> `DeploymentPatch`."""
    return type.rsplit(":", 1)[-1]


def is_patch(type: str, document: Mapping[str, Any]) -> bool:
    """Whether the resource only patches an object that somebody else owns (`DeploymentPatch`)."""
    return type_kind(type) == f"{document.get('kind')}Patch"


def condition(document: Mapping[str, Any], type: str) -> Mapping[str, Any]:
    """The status condition of that type, empty where there is none."""
    for entry in at(document, "status", "conditions", default=[]):
        if isinstance(entry, Mapping) and entry.get("type") == type:
            return entry
    return {}


def is_true(document: Mapping[str, Any], type: str) -> bool:
    """Whether the status condition of that type is `True`."""
    return condition(document, type).get("status") == "True"


def uid_of(document: Mapping[str, Any]) -> str:
    """What tells the object from others of its name, empty where it isn't known."""
    return str(at(document, "metadata", "uid", default=""))


def owned_by(document: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    """Whether an owner reference of the object names this owner."""
    uid = uid_of(owner)
    references = at(document, "metadata", "ownerReferences", default=[])
    return bool(uid) and any(reference.get("uid") == uid for reference in references)
