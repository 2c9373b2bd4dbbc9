"""Who owns which field of an object, as server-side apply keeps it in `metadata.managedFields`. Pure."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.kubernetes.objects import Object, at

# Managers that wrote with plain updates before the object was applied by us; their fields are ours to take, and those
# of kubectl however it wrote them.
PREDECESSORS = frozenset(
    {"before-first-apply", "pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"}
)


def is_predecessor(entry: Mapping[str, Any]) -> bool:
    """Whether the fields of this entry are taken over: those of kubectl, and plain updates by an earlier self."""
    manager = str(entry.get("manager", ""))
    earlier = manager in PREDECESSORS and entry.get("operation") == "Update"
    return (earlier or manager.startswith("kubectl")) and not entry.get("subresource")


def entries(live: Mapping[str, Any]) -> list[Object]:
    """The managedFields of an object."""
    return list(at(live, "metadata", "managedFields", default=[]))


def handover(live: Mapping[str, Any], manager: str) -> list[Object]:
    """The JSON patch that gives the fields of all predecessors to `manager`; empty where there are none."""
    kept = [copy.deepcopy(entry) for entry in entries(live) if not is_predecessor(entry)]
    taken = [entry for entry in entries(live) if is_predecessor(entry)]
    if not taken:
        return []
    ours = next((entry for entry in kept if _applies(entry, manager)), None)
    if ours is None:
        ours = {**copy.deepcopy(taken.pop(0)), "manager": manager, "operation": "Apply"}
        kept.append(ours)
    for entry in taken:
        ours["fieldsV1"] = _union(ours.get("fieldsV1", {}), entry.get("fieldsV1", {}))
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        # The patch is void if somebody has written in between.
        {
            "op": "replace",
            "path": "/metadata/resourceVersion",
            "value": at(live, "metadata", "resourceVersion"),
        },
    ]


def owners(live: Mapping[str, Any], path: tuple[str | int, ...]) -> set[str]:
    """The managers that own the field at a path of the live object, or anything below it."""
    return {
        str(entry.get("manager")) for entry in entries(live) if _owns(entry.get("fieldsV1", {}), live, path)
    }


def counterpart(
    live: Mapping[str, Any], body: Mapping[str, Any], path: tuple[str | int, ...]
) -> tuple[str | int, ...] | None:
    """Where the field at a path of `body` stands in the live object; None where an item of a list is not there.

    Items of lists with keys are found by them, those of other lists by their index.
    """
    found: list[str | int] = []
    declared: Any = body
    levels = [entry.get("fieldsV1", {}) for entry in entries(live)]
    here: Any = live
    for step in path:
        declared = at(declared, step)
        if isinstance(step, str):
            levels = [at(fields, f"f:{step}", default={}) for fields in levels]
        else:
            keys = {tuple(json.loads(key[2:])) for fields in levels for key in fields if key.startswith("k:")}
            place = _place(here, declared, keys) if keys else step
            if place is None:
                return None
            step = place
            levels = [below for fields in levels for below in _of_item(fields, at(here, step))]
        here = at(here, step)
        found.append(step)
    return tuple(found)


def _place(items: Any, wanted: Any, keys: set[tuple[str, ...]]) -> int | None:
    """The index of the item that has the same key; a part of the key that is not declared fits any."""
    for index, item in enumerate(items or []):
        for names in keys:
            declared = [name for name in names if at(wanted, name) is not None]
            if declared and all(at(item, name) == at(wanted, name) for name in declared):
                return index
    return None


def _applies(entry: Mapping[str, Any], manager: str) -> bool:
    return (
        entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
    )


def _union(one: Object, other: Object) -> Object:
    merged = dict(one)
    for key, value in other.items():
        merged[key] = _union(merged[key], value) if key in merged else copy.deepcopy(value)
    return merged


def _owns(fields: Any, value: Any, path: tuple[str | int, ...]) -> bool:
    """Walks the tree of owned fields (`f:name`, `k:{"name":"x"}`, `v:"x"`) along with the value."""
    for step in path:
        if isinstance(step, str):
            fields, value = at(fields, f"f:{step}"), at(value, step)
        else:
            item = at(value, step)
            fields, value = next(_of_item(fields, item), fields if _is_atomic(fields) else None), item
        if fields is None:
            return False
    return True


def _of_item(fields: Mapping[str, Any], item: Any) -> Iterator[Any]:
    for key, below in fields.items():
        if key.startswith("k:") and isinstance(item, Mapping):
            if all(item.get(name) == part for name, part in json.loads(key[2:]).items()):
                yield below
        elif key.startswith("v:") and json.loads(key[2:]) == item:
            yield below


def _is_atomic(fields: Any) -> bool:
    """An empty tree owns a whole list or map."""
    return bool(fields == {})
