"""Rules of people's routes that a Rollout names: the others are left as they are."""

from __future__ import annotations

from collections.abc import Collection

from automation.core.refusal import Problem
from automation.core.spec import Canary


def is_meant(canary: Canary, names: Collection[str]) -> bool:
    """Whether a rule of the canary's route that is known by `names` is split; all are where none is named."""
    named = _named(canary)
    return not named or any(set(one) <= set(names) for one in named)


def absent(canary: Canary, rules: Collection[Collection[str]]) -> Problem | None:
    """What is said of a rule that is named and is none of these, which are given by their names."""
    for one in _named(canary):
        if not any(set(one) <= set(names) for names in rules):
            known = ", ".join(sorted({name for names in rules for name in names if name})) or "none"
            return Problem("", f"has no rule {', '.join(one)}", f"name one of its rules; known are: {known}")
    return None


def _named(canary: Canary) -> Collection[Collection[str]]:
    return canary.service.rules.get(canary.route.name, ()) if canary.route else ()
