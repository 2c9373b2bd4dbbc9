"""Whether a live object says all that is asked of it, and what it says besides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from automation.core.kinds import Manifest
from automation.core.managed_fields import Fields


def covers(ours: Any, theirs: Any) -> bool:
    """Whether the live value `theirs` already says everything that `ours` says.

    Lists of named objects (containers, ports) are compared by name, others as a whole. What is empty is the same as
    what isn't there: the API server drops it.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(covers(value, theirs.get(key)) for key, value in ours.items())
    if is_named(ours) and is_named(theirs):
        live = by_name(theirs)
        return all(item["name"] in live and covers(item, live[item["name"]]) for item in ours)
    return bool(ours == theirs) or (isinstance(ours, dict | list) and not ours and not theirs)


def exceeds(ours: Any, theirs: Any, fields: Fields) -> bool:
    """Whether the live value `theirs` says anything in `fields` that `ours` does not.

    What was written whole, such as a selector or the rules of a route, has to be the same.
    """
    return any(
        _adds(_part(ours, key), _part(theirs, key), below)
        for key, below in fields.items()
        if key.startswith(("f:", "k:"))
    )


def _adds(ours: Any, theirs: Any, fields: Fields) -> bool:
    return exceeds(ours, theirs, fields) if fields else not _is_empty(theirs) and bool(ours != theirs)


def _part(value: Any, key: str) -> Any:
    """The field or item of a value that `fieldsV1` calls `key`; None where there is none."""
    if key.startswith("f:"):
        return value.get(key.removeprefix("f:")) if isinstance(value, dict) else None
    wanted = json.loads(key.removeprefix("k:"))
    items = value if isinstance(value, list) else []
    return next((item for item in items if isinstance(item, dict) and _is_called(item, wanted)), None)


def _is_called(item: Manifest, wanted: Manifest) -> bool:
    """Keys that an item does not state have their default in the API server, such as the protocol TCP."""
    return all(item.get(key, value) == value for key, value in wanted.items())


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, dict | Sequence) and not value)


def is_named(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and "name" in item for item in value)
    )


def by_name(items: list[Manifest]) -> dict[str, Manifest]:
    return {item["name"]: item for item in items}
