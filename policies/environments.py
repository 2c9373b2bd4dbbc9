"""The bounds of each environment, and the rules that it does without.

An environment that is not listed gets the strictest bounds: a new name must not be a way around the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Environment:
    """`bounds` is configuration by rule; `without` names rules that do not apply."""

    bounds: Mapping[str, Mapping[str, Any]]
    without: frozenset[str] = field(default_factory=frozenset)


def _bounds(
    max_step: int, max_weight: int, min_interval: int, all_at_once: bool
) -> dict[str, dict[str, Any]]:
    """Measurements count for an hour."""
    moved = {"maxStep": max_step, "allAtOnce": all_at_once}
    return {
        "canary-bounds": {**moved, "maxWeight": max_weight, "minIntervalSeconds": min_interval},
        "canary-promotion": {**moved, "maxAgeSeconds": 3600},
    }


PROD = Environment(_bounds(max_step=20, max_weight=50, min_interval=10, all_at_once=False))

ENVIRONMENTS: Mapping[str, Environment] = {
    "dev": Environment(
        _bounds(max_step=50, max_weight=100, min_interval=1, all_at_once=True),
        without=frozenset({"resources-bounded", "containers-probed"}),
    ),
    "staging": Environment(_bounds(max_step=34, max_weight=100, min_interval=5, all_at_once=True)),
    "prod": PROD,
}


def of(stack: str) -> Environment:
    """The environment that a stack (`prod`, `prod.test.podinfo`) belongs to."""
    return ENVIRONMENTS.get(stack.partition(".")[0], PROD)
