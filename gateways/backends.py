"""The Services that a split leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from automation.core.spec import Canary
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from gateways.gateway import Carried


def weights_of(canary: Canary, traffic: Traffic) -> dict[str, int]:
    """The percentage of each by its name, primary first."""
    return {canary.primary_service: traffic.primary, canary.canary_service: traffic.canary}


def carried_by_rules(canary: Canary, rules: Iterable[Mapping[str, int]], waits: str = "") -> Carried:
    """What rules do together, each given as the weights of its Services. Those that lead to one side alone, for users
    who stay there or requests that are not chosen, say nothing of it."""
    split = [weights for weights in rules if weights.keys() >= weights_of(canary, ALL_ON_PRIMARY).keys()]
    most = max((weights[canary.canary_service] for weights in split), default=0)
    traffic = Traffic(min(max(most, 0), 100))
    exact = bool(split) and all(weights == weights_of(canary, traffic) for weights in split)
    return Carried(traffic, exact, waits)
