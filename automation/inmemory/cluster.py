"""An API server in memory: objects by kind and name, versions and generations, conflicts, merge patches.

It is as strict as a real one about what drivers rest on (who wrote last, what is there already), and simple where they
don't: server-side apply merges annotations and the uppermost fields of a spec, forces, and takes away those that it
asked for before; nothing is defaulted, nothing is collected. What has finalizers stays until the last of them is taken
off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automation.cluster.client import MANAGER, Conflict
from automation.core import managed_fields
from automation.core.kinds import CONTROLLER_REVISION, EVERYWHERE, Kind, Manifest, Scope
from automation.errors import ClusterRefused

_SPEC, _ANNOTATIONS = ("spec",), ("metadata", "annotations")
"""Where server-side apply remembers of each field who asked for it."""
_DELETED = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
Address = tuple[Kind, str, str]
Acts = Callable[[str, Kind, Manifest], None]


def nothing(verb: str, kind: Kind, body: Manifest) -> None:
    """Of a cluster that nobody disturbs."""


class MemoryCluster:
    """The objects of one cluster. What it hands out belongs to it: nobody may change it.

    `before` is called with each write before it is done and may raise; `after` once it is done, as controllers that
    act at once.
    """

    def __init__(self, before: Acts = nothing, after: Acts = nothing) -> None:
        self.before, self.after = before, after
        self._objects: dict[Address, Manifest] = {}
        self._version = 0

    def identity(self) -> str:
        """What tells this cluster from every other."""
        return "memory"

    def mesh_identity(self) -> str:
        """The mesh's objects are here, too."""
        return ""

    def put(self, kind: Kind, body: Manifest) -> Manifest:
        """Writes an object whole, status and all: what somebody else does, whom no driver hears of beforehand."""
        return self._write("put", _address(kind, body), body)

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        return self._objects.get((kind, namespace, name))

    def select(self, kind: Kind, scope: Scope = EVERYWHERE) -> list[Manifest]:
        return [thing for (of, *_), thing in self._objects.items() if of == kind and _within(thing, scope)]

    def create(self, kind: Kind, body: Manifest) -> Manifest:
        at = _address(kind, body)
        self.before("create", kind, body)
        if at in self._objects:
            raise Conflict(f"{kind.path(at[1], at[2])}: already exists")
        return self._write("create", at, body)

    def patch(self, kind: Kind, namespace: str, name: str, body: Manifest, subresource: str = "") -> Manifest:
        self.before("patch", kind, body)
        known = self._known(kind, namespace, name, body)
        if kind == CONTROLLER_REVISION:
            # The API server takes its own way of writing `data` for another content, whatever a patch is about.
            told = f"the API server refused {kind.path(namespace, name)}: data: Invalid value: field is immutable (422)"
            raise ClusterRefused(told)
        field = {"scale": "spec"}.get(subresource, subresource)
        wanted = {field: body[field]} if field else body
        return self._write("patch", (kind, namespace, name), merged(known, wanted))

    def replace_status(self, kind: Kind, body: Manifest) -> Manifest:
        self.before("status", kind, body)
        _, namespace, name = at = _address(kind, body)
        known = self._known(kind, namespace, name, body)
        return self._write("status", at, {**known, "status": body["status"]})

    def apply(self, kind: Kind, body: Manifest) -> Manifest:
        self.before("apply", kind, body)
        _, namespace, name = at = _address(kind, body)
        known = self.get(kind, namespace, name) or {}
        applied = {
            field: {**(known.get(field) or {}), **part} if isinstance(part, Mapping) else part
            for field, part in body.items()
        }
        for path in (_SPEC, _ANNOTATIONS):
            _set(applied, path, _kept(known, body, path) | _at(body, path))
        managed = {"f:spec": _named(body, _SPEC), "f:metadata": {"f:annotations": _named(body, _ANNOTATIONS)}}
        applied["metadata"]["managedFields"] = [{"manager": MANAGER, "fieldsV1": managed}]
        return self._write("apply", at, {**known, **applied})

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        known = self.get(kind, namespace, name)
        if known is None:
            return
        self.before("delete", kind, known)
        if known["metadata"].get("finalizers"):
            self._write("delete", (kind, namespace, name), merged(known, {"metadata": _DELETED}))
        else:
            del self._objects[kind, namespace, name]
            self.after("delete", kind, known)

    def _known(self, kind: Kind, namespace: str, name: str, body: Manifest) -> Manifest:
        known = self.get(kind, namespace, name)
        if known is None:
            raise ClusterRefused(
                f'the API server refused {kind.path(namespace, name)}: {kind.plural} "{name}" not found (404)'
            )
        wanted = (body.get("metadata") or {}).get("resourceVersion")
        if wanted not in (None, known["metadata"]["resourceVersion"]):
            raise Conflict(f"{kind.path(namespace, name)}: the object has been modified")
        return known

    def _write(self, verb: str, at: Address, body: Manifest) -> Manifest:
        kind, namespace, _ = at
        self._version += 1
        known = self._objects.get(at)
        before: Manifest = known["metadata"] if known else {"uid": f"uid-{self._version}", "generation": 0}
        changed = known is None or known.get("spec") != body.get("spec")
        self._objects[at] = {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            **body,
            "metadata": {
                "namespace": namespace,
                **body["metadata"],
                "uid": before["uid"],
                "generation": before["generation"] + changed,
                "resourceVersion": str(self._version),
            },
        }
        written = self._objects[at]
        if "deletionTimestamp" in written["metadata"] and not written["metadata"].get("finalizers"):
            del self._objects[at]
        self.after(verb, kind, written)
        return written


class MemoryCopies:
    """A live copy that is never behind. `kept` says what is remembered of an object, as with watches."""

    def __init__(
        self, cluster: MemoryCluster, kept: Mapping[Kind, Callable[[Manifest], Manifest]] | None = None
    ) -> None:
        self._cluster, self._kept = cluster, kept or {}
        self.absent: frozenset[Kind] = frozenset()

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        found = self._cluster.get(kind, namespace, name)
        return self._kept[kind](found) if found is not None and kind in self._kept else found

    def all(self, kind: Kind) -> list[Manifest]:
        return self._cluster.select(kind)

    def lacks(self, kind: Kind) -> bool:
        return kind in self.absent

    def put(self, kind: Kind, thing: Manifest) -> None:
        """What was written is here already."""

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        """What is gone is not here any more."""


def merged(into: Any, patch: Any) -> Any:
    """An RFC 7386 merge."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(into) if isinstance(into, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _kept(known: Manifest, body: Manifest, path: tuple[str, ...]) -> Manifest:
    """What is there, but what was applied before and isn't asked for any more."""
    before: Mapping[str, Any] = managed_fields.written(known, MANAGER.__eq__) if known else {}
    for step in path:
        before = before.get(f"f:{step}", {})
    asked = _at(body, path)
    return {
        name: value for name, value in _at(known, path).items() if f"f:{name}" not in before or name in asked
    }


def _at(body: Manifest, path: tuple[str, ...]) -> Manifest:
    for step in path:
        body = body.get(step) or {}
    return body


def _named(body: Manifest, path: tuple[str, ...]) -> Manifest:
    """What is asked for there, as managed fields spell it."""
    return {f"f:{name}": {} for name in _at(body, path)}


def _set(body: Manifest, path: tuple[str, ...], value: Manifest) -> None:
    *parents, last = path
    place = _at(body, tuple(parents))
    if value or last in place:
        place[last] = value


def _address(kind: Kind, body: Manifest) -> Address:
    metadata = body["metadata"]
    return kind, metadata.get("namespace", ""), metadata["name"]


def _within(thing: Manifest, scope: Scope) -> bool:
    metadata = thing["metadata"]
    wanted = [pair.partition("=") for pair in scope.selector.split(",") if pair]
    labels = metadata.get("labels") or {}
    return (
        scope.namespace in (None, metadata["namespace"])
        and scope.name in (None, metadata["name"])
        and all(label in labels and (not equal or labels[label] == value) for label, equal, value in wanted)
    )
