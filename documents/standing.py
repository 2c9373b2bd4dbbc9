"""Where a release stands, as a live object remembers it. Anybody may have edited that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.refusal import Problem, Refused
from automation.core.status import Status


def status_at(path: str, remembered: Mapping[str, Any], remedy: str) -> Status:
    """The status that is remembered at a path of the object. Raises Refused, with the remedy, where somebody has made
    nonsense of it."""
    try:
        return Status.parse(remembered)
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        problem = f"can't be read ({type(broken).__name__}: {broken})"
        raise Refused((Problem(path, problem, remedy),)) from broken
