"""The kinds of workloads that can be released, and of autoscalers that scale them: a row each."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.kinds import Kind
from automation.core.spec import Canary
from workloads.daemon_set import DAEMON_SETS
from workloads.deployment import DEPLOYMENTS
from workloads.horizontal import HORIZONTAL_POD_AUTOSCALERS
from workloads.rollout import ROLLOUTS
from workloads.scaled_object import SCALED_OBJECTS
from workloads.scaler import ScalerKind
from workloads.stateful_set import STATEFUL_SETS
from workloads.workload import WorkloadKind

WORKLOADS: Mapping[str, WorkloadKind] = {
    entry.kind.kind: entry for entry in (DEPLOYMENTS, DAEMON_SETS, STATEFUL_SETS)
}
SCALERS: Mapping[str, ScalerKind] = {
    entry.kind.kind: entry for entry in (HORIZONTAL_POD_AUTOSCALERS, SCALED_OBJECTS)
}
LENDERS: Mapping[str, WorkloadKind] = {DEPLOYMENTS.kind.kind: DEPLOYMENTS}
"""Those whose pods a Rollout may borrow."""
DEFAULT = DEPLOYMENTS.kind
"""The kind of a target that doesn't say its own."""
DEFAULT_SCALER = HORIZONTAL_POD_AUTOSCALERS.kind


def workload_of(canary: Canary) -> WorkloadKind:
    """The kind of a Canary's target: the front refuses documents with another than these. A Rollout is its own."""
    return ROLLOUTS if canary.hands_over else WORKLOADS[canary.target.kind]


def scaler_of(canary: Canary) -> ScalerKind | None:
    """The kind of a Canary's autoscaler; None where it names none."""
    return SCALERS[canary.autoscaler.kind] if canary.autoscaler else None


def usual_kinds() -> frozenset[Kind]:
    """The kinds that most releases deal in: others are looked at once somebody names them."""
    return frozenset({DEFAULT, DEFAULT_SCALER})


def kinds() -> frozenset[Kind]:
    """The kinds of all workloads and autoscalers."""
    return frozenset(entry.kind for entry in WORKLOADS.values()) | frozenset(
        entry.kind for entry in SCALERS.values()
    )
