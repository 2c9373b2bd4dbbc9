"""What a driver may do in its cluster: no more than it needs, from the tables of kinds that it works by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import gateways.registry as gateways
import workloads.registry as workloads
from automation.core.kinds import (
    ALERT_PROVIDER,
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CANARY,
    CLUSTER_ANALYSIS_TEMPLATE,
    CONFIG_MAP,
    CONTROLLER_REVISION,
    ENDPOINT_SLICE,
    EVENT,
    JOB,
    LEASE,
    METRIC_TEMPLATE,
    NAMESPACE,
    POD,
    REPLICA_SET,
    ROLLOUT,
    SECRET,
    SERVICE,
    Kind,
)
from automation.questions.metrics.keptn import ANALYSIS, METRIC
from automation.questions.permissions import ACCESS

LOOK = ("get", "list", "watch")
MAKE = (*LOOK, "create", "update", "patch", "delete")


@dataclass(frozen=True)
class Right:
    """What may be done with a resource (`pods`, `pods/eviction`) of an API group; "" is the core group."""

    group: str
    resource: str
    verbs: tuple[str, ...]

    def rule(self) -> dict[str, Any]:
        """As a rule of a Role or ClusterRole."""
        return {"apiGroups": [self.group], "resources": [self.resource], "verbs": list(self.verbs)}


def rights() -> tuple[Right, ...]:
    """Everything that a driver of any release asks of an API server, by group and resource."""
    made = {SERVICE, CONFIG_MAP, SECRET, CONTROLLER_REVISION, REPLICA_SET, JOB, LEASE, ANALYSIS_RUN}
    made |= workloads.kinds() | gateways.kinds()
    looked_at = {ALERT_PROVIDER, METRIC_TEMPLATE, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE}
    looked_at |= {ENDPOINT_SLICE, NAMESPACE, METRIC, ANALYSIS}
    found = (
        *_of(made, MAKE),
        *_of(looked_at, LOOK),
        *_of((CANARY, ROLLOUT), (*LOOK, "update", "patch")),
        *_of((CANARY, ROLLOUT), ("update", "patch"), "status"),
        *_of((ANALYSIS_RUN,), ("patch",), "status"),
        # Replicas are written as kubectl scale does, so that whoever declares the workload keeps its other fields.
        *_of(workloads.kinds(), ("patch",), "scale"),
        *_of((POD,), (*LOOK, "patch")),
        *_of((POD,), ("create",), "eviction"),
        *_of((EVENT,), ("get", "list", "create", "patch")),
        *_of((ACCESS,), ("create",)),
        # Prometheus and hooks in the cluster are reached through its API server from outside of it.
        *_of((SERVICE,), ("get", "create"), "proxy"),
        Right("external.metrics.k8s.io", "*", ("get", "list")),
    )
    return tuple(sorted(found, key=lambda right: (right.group, right.resource)))


def _of(kinds: Iterable[Kind], verbs: tuple[str, ...], part: str = "") -> list[Right]:
    resource = f"/{part}" if part else ""
    return [Right(kind.group, f"{kind.plural}{resource}", verbs) for kind in kinds]
