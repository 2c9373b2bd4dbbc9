"""The Services that a split leads to."""

from __future__ import annotations

from automation.core.spec import Canary
from automation.core.traffic import Traffic


def weights_of(canary: Canary, traffic: Traffic) -> dict[str, int]:
    """The percentage of each by its name, primary first."""
    return {f"{canary.apex}-primary": traffic.primary, f"{canary.apex}-canary": traffic.canary}
