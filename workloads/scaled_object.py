"""ScaledObjects of KEDA: they scale by what their triggers measure, to zero, too (https://keda.sh/docs/latest/reference/scaledobject-spec/).

One scales a target up from zero whenever a trigger is active, so it is paused for as long as that is idle.
"""

from __future__ import annotations

import re

from automation.core.kinds import Kind, Manifest
from automation.core.shape import COUNT, TEXT, Items, Named, fields
from automation.core.spec import Canary
from workloads.bounded import Bounded, scaling
from workloads.scaler import ScalerKind

SCALED_OBJECT = Kind("/apis/keda.sh/v1alpha1", "scaledobjects", "ScaledObject")
PAUSED = "autoscaling.keda.sh/paused-replicas"
"""How many pods there are to be while it is paused. KEDA's name, which Flagger uses, too."""
_BOUNDS = {"minReplicas": "minReplicaCount", "maxReplicas": "maxReplicaCount"}
_MOST = 100
"""What KEDA takes where no maxReplicaCount is said."""


class ScaledObjects(Bounded):
    """ScaledObjects of group `keda.sh`."""

    kind = SCALED_OBJECT
    of_its_own = (PAUSED, "autoscaling.keda.sh/paused", "scaledobject.keda.sh/name")
    shape = scaling(
        *_BOUNDS.values(),
        idleReplicaCount=COUNT,
        triggers=Items(fields(name=TEXT, metadata=Named(TEXT))),
        advanced=fields(horizontalPodAutoscalerConfig=fields(name=TEXT)),
    )

    def minimum(self, live: Manifest) -> int:
        return int(live["spec"].get("minReplicaCount") or 0)

    def maximum(self, live: Manifest) -> int:
        most = live["spec"].get("maxReplicaCount")
        return _MOST if most is None else int(most)

    def wanted(self, live: Manifest) -> int:
        """It does not say, and one that may take all pods away may have wanted none."""
        return 0 if self.idles(live) else self.minimum(live)

    def idles(self, live: Manifest) -> bool:
        return self.minimum(live) == 0 or live["spec"].get("idleReplicaCount") == 0

    def left_alone(self, canary: Canary, live: Manifest) -> tuple[str, ...]:
        known = [name for trigger in live["spec"].get("triggers") or () if (name := _called(trigger))]
        return tuple(
            f"spec.autoscalerRef.primaryScalerQueries.{name} is used for nothing: ScaledObject "
            f"{live['metadata']['name']} has no trigger of this name (there: {', '.join(known) or 'none has a name'})"
            for name in canary.primary_queries
            if name not in known
        )

    def pausing(self, paused: bool) -> Manifest | None:
        return {"metadata": {"annotations": {PAUSED: "0" if paused else None}}}

    def primary(self, canary: Canary, original: Manifest, owner: Manifest) -> Manifest:
        """The target's, asking about primary, with the Canary's own bounds where it states them."""
        spec = original["spec"]
        bounds = {_BOUNDS[name]: number for name, number in canary.primary_bounds.items()}
        made = {
            **spec,
            "triggers": [_trigger(canary, trigger) for trigger in spec.get("triggers") or ()],
            **_named(spec.get("advanced") or {}),
            **bounds,
            "scaleTargetRef": {**spec["scaleTargetRef"], "name": canary.primary_name},
        }
        return self.of_primary(canary, original, owner, made)


SCALED_OBJECTS: ScalerKind = ScaledObjects()


def _named(advanced: Manifest) -> Manifest:
    """The autoscaler that KEDA makes of it has another name than the target's, where that was given one."""
    config = advanced.get("horizontalPodAutoscalerConfig") or {}
    if not config.get("name"):
        return {}
    renamed = {**config, "name": f"{config['name']}-primary"}
    return {"advanced": {**advanced, "horizontalPodAutoscalerConfig": renamed}}


def _called(trigger: Manifest) -> str:
    """The name of a trigger, which Flagger's own guide writes beside its query."""
    return str(trigger.get("name") or (trigger.get("metadata") or {}).get("name") or "")


def _trigger(canary: Canary, trigger: Manifest) -> Manifest:
    """With the Canary's query for it; without one a query about the target is about primary."""
    asked = (trigger.get("metadata") or {}).get("query")
    query = canary.primary_queries.get(_called(trigger)) or (asked and _about_primary(asked, canary))
    return {**trigger, "metadata": {**trigger["metadata"], "query": query}} if asked else trigger


def _about_primary(query: str, canary: Canary) -> str:
    """The query with the target's name replaced, alone or with `-canary`: as a whole word, and not where it is the name
    of a label."""
    target = re.escape(canary.target.name)
    return re.sub(rf"(?<![\w-]){target}(-canary|-primary)?(?!\w|\s*!?=)", canary.primary_name, query)
