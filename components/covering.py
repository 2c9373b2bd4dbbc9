"""Whether a live object says all that is asked of it; what it says besides is its own affair."""

from __future__ import annotations

from typing import Any

from automation.core.kinds import Manifest


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


def is_named(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and "name" in item for item in value)
    )


def by_name(items: list[Manifest]) -> dict[str, Manifest]:
    return {item["name"]: item for item in items}
