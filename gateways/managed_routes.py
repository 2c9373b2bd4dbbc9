"""Routes that steps of a Rollout make beside the one that shares requests (`managedRoutes`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.kinds import Manifest
from automation.core.marks import TRAFFIC
from automation.core.traffic import Traffic


@dataclass(frozen=True)
class Managed:
    """Requests that meet one of `match` go to the canary, or are copied to it (`mirror`: which percentage of them)."""

    name: str
    match: tuple[Mapping[str, Any], ...]
    mirror: int | None = None


def managed_in(traffic: Traffic) -> tuple[Managed, ...]:
    """In the order in which they are asked."""
    said = [json.loads(one) for one in traffic.managed]
    return tuple(Managed(one["name"], tuple(one["match"]), one.get("mirror")) for one in said)


def names_on(route: Manifest) -> frozenset[str]:
    """The names of those that a live route says it has."""
    text = (route["metadata"].get("annotations") or {}).get(TRAFFIC)
    try:
        found = managed_in(Traffic.parse(json.loads(text))) if text else ()
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset()
    return frozenset(one.name for one in found)
