"""Deployments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automation.core.kinds import DEPLOYMENT, Manifest
from automation.core.moments import unix_seconds
from automation.core.names import NAMED
from automation.core.observation import Workload
from automation.core.shape import COUNT, fields
from workloads.conditions import conditions_of
from workloads.copied import Copied
from workloads.pod_names import LETTER
from workloads.replicated import Replicated
from workloads.template import selecting
from workloads.workload import Primary, WorkloadKind

ROLLED_OUT = ("minReadySeconds", "revisionHistoryLimit")
"""What each workload of group `apps` says of how its pods are replaced."""
_LONGEST = 46
"""Letters of a Deployment's name that are whole in the names of its pods: these are cut after 58 and five more follow,
and a hash of up to ten stands between, with a dash on both sides."""


class Deployments(Copied, Replicated):
    """Deployments, scaled by their `scale` subresource."""

    kind = DEPLOYMENT
    pods = DEPLOYMENT
    shape = fields(
        "metadata",
        "spec",
        metadata=NAMED,
        spec=selecting("selector", "template", replicas=COUNT),
    )
    rollout_fields = ("progressDeadlineSeconds", *ROLLED_OUT, "strategy")

    def made(self, name: str, pod: str) -> bool:
        """Kubernetes makes names of two parts of its own: the hash of a pod template, and five letters. The name before
        them is cut where it is long, and then all that begin alike may be meant."""
        if len(name) > _LONGEST:
            return pod.startswith(name[:_LONGEST])
        return re.fullmatch(rf"{re.escape(name)}-{LETTER}{{1,10}}-{LETTER}{{5}}", pod) is not None

    def gap(self, live: Manifest) -> str:
        recreated = (live["spec"].get("strategy") or {}).get("type") == "Recreate"
        return "set spec.strategy.type to RollingUpdate" if recreated else ""

    def observed(self, live: Manifest) -> Workload:
        """The conditions count that Flagger's readiness of a Deployment rests on: Progressing and Available."""
        conditions = conditions_of(live)
        return replace(
            self.counted(live, "updatedReplicas"),
            expired=conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded",
            short_since=_short_since(conditions.get("Available", {})),
        )

    def primary(self, parts: Primary) -> Manifest:
        return self.sized(self.copy(parts), parts)


DEPLOYMENTS: WorkloadKind = Deployments()


def _short_since(available: Mapping[str, Any]) -> float | None:
    if (available.get("status"), available.get("reason")) != ("False", "MinimumReplicasUnavailable"):
        return None
    return unix_seconds(available.get("lastUpdateTime", ""))
