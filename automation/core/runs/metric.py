"""A metric of an analysis: what is measured, how often, and when it has been measured enough. Argo's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.core.conditions.condition import Condition

RETRY = 10.0
"""Seconds after which a measurement that ended in an error is tried again, whatever the interval."""
RETAINED = 10
"""How many measurements are remembered of a metric that says nothing else."""


@dataclass(frozen=True)
class Metric:
    """`interval` (None: measured once) and `initial_delay` are in seconds, `count` is how many measurements there are
    (0: not said). A limit is how often something may happen; failures have none at -1, successes none at 0.

    `provider` is whom is asked, by the name of its field, `settings` what stands there. `secrets` are arguments in it
    that are read when it is measured, each as NAME/KEY of a Secret.
    """

    name: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    interval: float | None = None
    initial_delay: float = 0.0
    count: int = 0
    failure_limit: int = 0
    inconclusive_limit: int = 0
    consecutive_error_limit: int = 4
    consecutive_success_limit: int = 0
    success: Condition | None = None
    failure: Condition | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def measurements(self) -> int | None:
        """How many measurements it takes: one where neither count nor interval is given, None for no end."""
        if self.count:
            return self.count
        return 1 if self.interval is None else None


@dataclass(frozen=True)
class Plan:
    """What an analysis is to do. `dry_run` names metrics that decide nothing, `retention` how many measurements are
    remembered of a metric where that is not the usual number."""

    metrics: tuple[Metric, ...]
    dry_run: frozenset[str] = frozenset()
    retention: Mapping[str, int] = field(default_factory=dict, hash=False)

    def retained(self, name: str) -> int:
        return self.retention.get(name) or RETAINED
