"""Who wrote which field of an object, as server-side apply records it in `metadata.managedFields`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from automation.core.kinds import Manifest

Fields: TypeAlias = Mapping[str, Any]
"""Fields as `fieldsV1` spells them: `f:NAME` is a field, `k:{...}` an item of a list by its keys, `v:...` one by its
value, "." the thing itself; what has nothing below it is written whole."""

Path: TypeAlias = tuple[str, ...]
"""The way to a field, such as ("f:spec", "f:http")."""


def writers(live: Manifest, path: Path) -> list[Mapping[str, Any]]:
    """The entries of those who wrote the field at `path`, such as ("f:spec", "f:http"), in the API server's order.

    Those who wrote through a subresource are left out: a status is nobody's intention.
    """
    return [entry for entry in _direct(live) if _has(entry.get("fieldsV1"), path)]


def written(live: Manifest, by: Callable[[str], bool]) -> Fields:
    """All fields that the field managers for whom `by` is true have written, but through a subresource."""
    found: Fields = {}
    for entry in _direct(live):
        if by(entry.get("manager", "")):
            found = _joined(found, entry.get("fieldsV1") or {})
    return found


def applied(live: Manifest, by: Callable[[str], bool]) -> Fields:
    """All fields that the field managers for whom `by` is true have applied. Those who create an object otherwise are
    said to have written what the API server filled in, too."""
    entries = [entry for entry in _direct(live) if entry.get("operation") != "Update"]
    return written({"metadata": {"managedFields": entries}}, by)


def reported_at(live: Manifest) -> str:
    """When the status of an object was written last, in RFC 3339; "" where nobody wrote one."""
    entries = live["metadata"].get("managedFields") or ()
    return max(
        (str(one.get("time", "")) for one in entries if one.get("subresource") == "status"), default=""
    )


def _direct(live: Manifest) -> list[Manifest]:
    entries = live["metadata"].get("managedFields") or ()
    return [entry for entry in entries if not entry.get("subresource")]


def without(fields: Fields, path: Path) -> Fields:
    """The fields, but not what is at `path` and below it."""
    step, *rest = path
    kept = {key: below for key, below in fields.items() if key != step}
    left = without(fields[step], tuple(rest)) if rest and step in fields else {}
    return {**kept, step: left} if left else kept


def at(fields: Fields, path: Path) -> Fields:
    """The fields at `path`, in their places; none where nothing is there."""
    step, *rest = path
    found = fields.get(step)
    below = at(found, tuple(rest)) if rest and found else found
    return {} if below is None or (rest and not below) else {step: below}


def handed_over(live: Manifest, to: str, path: Path, but: Path) -> list[Manifest] | None:
    """`metadata.managedFields` with all that others wrote at `path`, except at `but`, given to the manager `to`, who
    applies the object: what that one does not ask for then goes when it applies again. None where there is nothing to
    be given.

    The API server takes such lists as `kubectl apply --server-side` writes them when it takes over from clients that
    did not say what they own.
    """
    entries = live["metadata"].get("managedFields") or []
    heir = next((each for each in entries if _applies(each, to)), None)
    if heir is None:
        return None
    given: Fields = {}
    left = []
    for each in entries:
        fields = each.get("fieldsV1") or {}
        taken = without(at(fields, path), but) if _can_give(each, heir) else {}
        given = _joined(given, taken)
        left.append({**each, "fieldsV1": _joined(without(fields, path), at(fields, but))} if taken else each)
    if not given:
        return None
    return [
        {**each, "fieldsV1": _joined(heir["fieldsV1"], given)} if _applies(each, to) else each
        for each in left
    ]


def _can_give(entry: Manifest, heir: Manifest) -> bool:
    """Fields of another version of the kind may have other names."""
    same = entry.get("apiVersion") == heir.get("apiVersion")
    return same and entry is not heir and not entry.get("subresource")


def _applies(entry: Manifest, manager: str) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (manager, "Apply") and not entry.get(
        "subresource"
    )


def _joined(one: Fields, other: Fields) -> Fields:
    both = {key: _joined(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}


def _has(fields: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(fields, Mapping) or step not in fields:
            return False
        fields = fields[step]
    return True
