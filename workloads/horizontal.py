"""HorizontalPodAutoscalers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.marks import RELEASE, inherited
from automation.core.names import NAMED
from automation.core.refusal import Problem
from automation.core.shape import COUNT, TEXT, fields
from automation.core.spec import Canary
from workloads.scaler import ScalerKind

AUTOSCALER = Kind("/apis/autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
_COPIED = ("minReplicas", "maxReplicas", "metrics", "behavior")


def out_of_order(bounds: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong with a least number of pods above the largest."""
    least, most = bounds.get("minReplicas"), bounds.get("maxReplicas")
    if least is not None and most is not None and least > most:
        problem = f"{least} is more than maxReplicas, {most}"
        yield Problem(f"{path}.minReplicas", problem, "lower it, or raise maxReplicas")


class HorizontalPodAutoscalers:
    """Autoscalers by resource use, of group `autoscaling`."""

    kind = AUTOSCALER
    shape = fields(
        "metadata",
        "spec",
        metadata=NAMED,
        spec=replace(
            fields(
                "scaleTargetRef",
                scaleTargetRef=fields("name", name=TEXT),
                minReplicas=COUNT,
                maxReplicas=COUNT,
            ),
            disagreeing=out_of_order,
        ),
    )

    def minimum(self, live: Manifest) -> int:
        least = live["spec"].get("minReplicas")
        return 1 if least is None else int(least)

    def maximum(self, live: Manifest) -> int:
        return int(live["spec"]["maxReplicas"])

    def wanted(self, live: Manifest) -> int:
        return max(self.minimum(live), int((live.get("status") or {}).get("desiredReplicas") or 0))

    def idles(self, live: Manifest) -> bool:
        return self.minimum(live) == 0

    def target(self, live: Manifest) -> str:
        return str(live["spec"]["scaleTargetRef"]["name"])

    def left_alone(self, canary: Canary, live: Manifest) -> tuple[str, ...]:
        """It has no queries."""
        if not canary.primary_queries:
            return ()
        return ("spec.autoscalerRef.primaryScalerQueries is used for nothing: a ScaledObject has queries",)

    def pausing(self, paused: bool) -> Manifest | None:
        return None

    def primary(self, canary: Canary, original: Manifest, owner: Manifest) -> Manifest:
        """The target's, with the Canary's own bounds where it states them. What measures for an autoscaler may find its
        query in the labels and annotations."""
        spec, metadata = original["spec"], original.get("metadata") or {}
        reference = {
            "apiVersion": canary.target.api_version,
            "kind": canary.target.kind,
            "name": canary.primary_name,
        }
        return {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {
                "name": canary.primary_scaler_name,
                "namespace": canary.namespace,
                "labels": inherited(metadata.get("labels")),
                "annotations": {**inherited(metadata.get("annotations")), **RELEASE},
                "ownerReferences": [owner],
            },
            "spec": {
                **{field: spec[field] for field in _COPIED if field in spec},
                **canary.primary_bounds,
                "scaleTargetRef": reference,
            },
        }


HORIZONTAL_POD_AUTOSCALERS: ScalerKind = HorizontalPodAutoscalers()
