"""Server-side apply and `ignore_changes`: what others own is not sent, what is ours is sent as it is live. Pure."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

from engine.kubernetes.objects import Object, at
from engine.kubernetes.ownership import counterpart, owners

_STEP = re.compile(r'\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.?(\*)|\[(\*)\]')


def leave_to_owners(body: Object, live: Object, ignored: Iterable[str], manager: str) -> Object:
    """The patch without the ignored fields that belong to other managers alone; those that belong to `manager` too are
    sent as they are live, because a field that is left out would be given up.

    An index is that of the program's list; the item is looked for in the live list by its key, wherever it stands
    there. What the live object lacks is sent as it is declared.
    """
    patch = copy.deepcopy(body)
    for text in ignored:
        for path in _expanded(steps(text), body):
            place = counterpart(live, body, path)
            if place is None or at(live, *place) is None:
                continue
            known = owners(live, place)
            _put(patch, path, None if known and manager not in known else at(live, *place))
    return patch


def steps(text: str) -> tuple[str | int, ...]:
    """The steps of a property path such as `spec.containers[0]["a.b"].*`."""
    found = (match.groups() for match in _STEP.finditer(text))
    return tuple(int(index) if index else (name or key or "*") for name, index, key, *_ in found)


def _expanded(
    path: tuple[str | int, ...], value: Any, done: tuple[str | int, ...] = ()
) -> list[tuple[str | int, ...]]:
    """The path with every `*` replaced by what stands there."""
    if not path:
        return [done]
    step, rest = path[0], path[1:]
    if step != "*":
        return _expanded(rest, at(value, step), (*done, step))
    here: Iterable[str | int] = value if isinstance(value, dict) else range(len(value or []))
    return [found for key in list(here) for found in _expanded(rest, at(value, key), (*done, key))]


def _put(document: Object, path: tuple[str | int, ...], value: Any) -> None:
    """Sets the value at a path that exists; None takes the field of a map away."""
    parent: Any = at(document, *path[:-1]) if path[:-1] else document
    last = path[-1]
    if at(parent, last) is None:
        return
    if value is not None:
        parent[last] = value
    elif isinstance(parent, dict):
        del parent[last]
