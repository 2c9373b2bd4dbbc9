"""A recorded revision: the pod template that was tested, with the configuration that it was tested with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from automation.core.kinds import Manifest


@dataclass(frozen=True)
class Revision:
    """What the driver recorded when a run started.

    `hash` is over template and configuration. `rollout` holds progressDeadlineSeconds, minReadySeconds,
    revisionHistoryLimit, strategy and, without an autoscaler, replicas. `configs` maps "configmap/NAME" and
    "secret/NAME" to the recorded object. `autoscaler` is the spec of the target's autoscaler at that time,
    where the driver recorded it. `number` says in which order revisions were recorded, from 1; 0 where nobody knows.
    """

    hash: str
    template: Manifest
    rollout: Manifest = field(default_factory=dict)
    configs: Mapping[str, Manifest] = field(default_factory=dict)
    autoscaler: Manifest | None = None
    number: int = 0
