"""Deployments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from automation.core.kinds import DEPLOYMENT, Manifest
from automation.core.marks import REVISION
from automation.core.moments import unix_seconds
from automation.core.names import NAMED
from automation.core.observation import Workload
from automation.core.shape import COUNT, fields
from automation.core.spec import Canary
from workloads.conditions import conditions_of, refused
from workloads.template import selecting
from workloads.workload import Primary, Scaling, WorkloadKind

_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
"""The letters that Kubernetes makes names of: without vowels, so that no word comes of it."""
_LONGEST = 46
"""Letters of a Deployment's name that are whole in the names of its pods: these are cut after 58 and five more follow,
and a hash of up to ten stands between, with a dash on both sides."""


class Deployments:
    """Deployments, scaled by their `scale` subresource."""

    kind = DEPLOYMENT
    pods = DEPLOYMENT
    shape = fields(
        "metadata",
        "spec",
        metadata=NAMED,
        spec=selecting("selector", "template", replicas=COUNT),
    )
    rollout_fields = ("progressDeadlineSeconds", "minReadySeconds", "revisionHistoryLimit", "strategy")

    def canary_name(self, canary: Canary, revision: str) -> str:
        return canary.target.name

    def primary_name(self, canary: Canary, revision: str) -> str:
        return canary.primary_name

    def template(self, live: Manifest) -> Manifest:
        template: Manifest = live["spec"]["template"]
        return template

    def selected(self, live: Manifest) -> Mapping[str, str]:
        labels: Mapping[str, str] = (live["spec"].get("selector") or {}).get("matchLabels") or {}
        return labels

    def made(self, name: str, pod: str) -> bool:
        """Kubernetes makes names of two parts of its own: the hash of a pod template, and five letters. The name before
        them is cut where it is long, and then all that begin alike may be meant."""
        if len(name) > _LONGEST:
            return pod.startswith(name[:_LONGEST])
        return re.fullmatch(rf"{re.escape(name)}-{_RANDOM}{{1,10}}-{_RANDOM}{{5}}", pod) is not None

    def observed(self, live: Manifest) -> Workload:
        """The conditions count that Flagger's readiness of a Deployment rests on: Progressing and Available."""
        status, conditions = live.get("status") or {}, conditions_of(live)
        first = self.template(live)["spec"]["containers"][0]
        return Workload(
            name=live["metadata"]["name"],
            replicas=self.replicas(live),
            running=int(status.get("replicas") or 0),
            updated=int(status.get("updatedReplicas") or 0),
            available=int(status.get("availableReplicas") or 0),
            generation=int(live["metadata"].get("generation") or 1),
            observed_generation=int(status.get("observedGeneration") or 0),
            expired=conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded",
            short_since=_short_since(conditions.get("Available", {})),
            refused=refused(live),
            revision=(live["metadata"].get("annotations") or {}).get(REVISION, ""),
            container=first.get("name", ""),
            image=first.get("image", ""),
        )

    def replicas(self, live: Manifest) -> int:
        replicas = live["spec"].get("replicas")
        return 1 if replicas is None else int(replicas)

    def scaling(self, replicas: int) -> Scaling:
        return Scaling({"spec": {"replicas": replicas}}, "scale")

    def primary(self, parts: Primary) -> Manifest:
        spec: Manifest = {
            **{field: parts.rollout[field] for field in self.rollout_fields if field in parts.rollout},
            "selector": {"matchLabels": dict(parts.selected)},
            "template": parts.template,
        }
        if parts.replicas is not None:
            spec["replicas"] = parts.replicas
        return {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {
                "name": parts.name,
                "namespace": parts.namespace,
                "labels": dict(parts.labels),
                "annotations": dict(parts.annotations),
                "ownerReferences": [parts.owner],
            },
            "spec": spec,
        }


DEPLOYMENTS: WorkloadKind = Deployments()


def _short_since(available: Mapping[str, Any]) -> float | None:
    if (available.get("status"), available.get("reason")) != ("False", "MinimumReplicasUnavailable"):
        return None
    return unix_seconds(available.get("lastUpdateTime", ""))
