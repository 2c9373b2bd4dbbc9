"""StatefulSets whose pods have nothing of their own but their names: a primary has as many others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from automation.core.kinds import STATEFUL_SET, Manifest
from automation.core.names import NAMED
from automation.core.observation import Workload
from automation.core.refusal import Problem
from automation.core.shape import COUNT, OBJECT, TEXT, Items, fields
from workloads.copied import Copied
from workloads.deployment import ROLLED_OUT
from workloads.replicated import Replicated
from workloads.template import selecting
from workloads.update_strategy import at_once, unpromotable
from workloads.workload import Primary, WorkloadKind


class StatefulSets(Copied, Replicated):
    """StatefulSets, scaled by their `scale` subresource. Flagger has none."""

    kind = STATEFUL_SET
    pods = STATEFUL_SET
    shape = fields(
        "metadata",
        "spec",
        metadata=NAMED,
        spec=selecting(
            "selector",
            "template",
            replicas=COUNT,
            updateStrategy=fields(type=TEXT, rollingUpdate=fields(partition=COUNT)),
            volumeClaimTemplates=Items(OBJECT),
        ),
    )
    rollout_fields = (*ROLLED_OUT, "ordinals", "podManagementPolicy", "serviceName", "updateStrategy")

    def made(self, name: str, pod: str) -> bool:
        return re.fullmatch(rf"{re.escape(name)}-\d+", pod) is not None

    def problems(self, live: Manifest) -> tuple[Problem, ...]:
        return (*_claims(live), *unpromotable(live, "statefulset"))

    def gap(self, live: Manifest) -> str:
        """A pod is gone before the other one of its name is there."""
        pods = self.replicas(live)
        return "give it more pods than go at once" if at_once(live, pods) >= pods else ""

    def observed(self, live: Manifest) -> Workload:
        seen = replace(self.counted(live, "updatedReplicas"), noun="statefulset")
        return self.timed(live, seen)

    def primary(self, parts: Primary) -> Manifest:
        return self.sized(self.copy(parts), parts)


STATEFUL_SETS: WorkloadKind = StatefulSets()


def _claims(live: Manifest) -> Iterator[Problem]:
    claims = live["spec"].get("volumeClaimTemplates") or ()
    if not claims:
        return
    metadata = live["metadata"]
    named = ", ".join(str((claim.get("metadata") or {}).get("name", "?")) for claim in claims)
    told = (
        f"each pod of statefulset {metadata['name']}.{metadata.get('namespace') or 'default'} has volumes of its own "
        f"({named}): those of primary would begin without their data"
    )
    remedy = "keep the data elsewhere and take spec.volumeClaimTemplates away, or release it without a Canary"
    yield Problem("spec.targetRef", told, remedy)
