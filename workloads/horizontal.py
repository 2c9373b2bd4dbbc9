"""HorizontalPodAutoscalers."""

from __future__ import annotations

from automation.core.kinds import Kind, Manifest
from automation.core.spec import Canary
from workloads.bounded import Bounded, scaling
from workloads.scaler import ScalerKind

AUTOSCALER = Kind("/apis/autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
_COPIED = ("minReplicas", "maxReplicas", "metrics", "behavior")


class HorizontalPodAutoscalers(Bounded):
    """Autoscalers by resource use, of group `autoscaling`."""

    kind = AUTOSCALER
    shape = scaling("minReplicas", "maxReplicas")

    def minimum(self, live: Manifest) -> int:
        least = live["spec"].get("minReplicas")
        return 1 if least is None else int(least)

    def maximum(self, live: Manifest) -> int:
        return int(live["spec"]["maxReplicas"])

    def wanted(self, live: Manifest) -> int:
        return max(self.minimum(live), int((live.get("status") or {}).get("desiredReplicas") or 0))

    def idles(self, live: Manifest) -> bool:
        return self.minimum(live) == 0

    def left_alone(self, canary: Canary, live: Manifest) -> tuple[str, ...]:
        """It has no queries."""
        if not canary.primary_queries:
            return ()
        return ("spec.autoscalerRef.primaryScalerQueries is used for nothing: a ScaledObject has queries",)

    def pausing(self, paused: bool) -> Manifest | None:
        return None

    def primary(self, canary: Canary, original: Manifest, owner: Manifest) -> Manifest:
        """The target's, with the Canary's own bounds where it states them."""
        spec = original["spec"]
        reference = {
            "apiVersion": canary.target.api_version,
            "kind": canary.target.kind,
            "name": canary.primary_name,
        }
        copied = {field: spec[field] for field in _COPIED if field in spec}
        made = {**copied, **canary.primary_bounds, "scaleTargetRef": reference}
        return self.of_primary(canary, original, owner, made)


HORIZONTAL_POD_AUTOSCALERS: ScalerKind = HorizontalPodAutoscalers()
