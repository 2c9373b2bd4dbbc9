"""What autoscalers have in common: whom they scale, between which numbers of pods, and how primary gets one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from automation.core.kinds import Kind, Manifest
from automation.core.marks import RELEASE, inherited
from automation.core.names import NAMED
from automation.core.refusal import Problem
from automation.core.shape import COUNT, TEXT, Fields, Shape, fields
from automation.core.spec import Canary


def out_of_order(least: str, most: str, bounds: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong where the field `least`, the least number of pods, is above the field `most`."""
    low, high = bounds.get(least), bounds.get(most)
    if low is not None and high is not None and low > high:
        yield Problem(f"{path}.{least}", f"{low} is more than {most}, {high}", f"lower it, or raise {most}")


def scaling(least: str, most: str, **more: Shape) -> Fields:
    """The shape of an autoscaler whose spec has its bounds in these fields, and `more` that is relied on."""
    bounds = {least: COUNT, most: COUNT}
    spec = fields("scaleTargetRef", scaleTargetRef=fields("name", name=TEXT), **bounds, **more)
    ordered = replace(spec, disagreeing=partial(out_of_order, least, most))
    return fields("metadata", "spec", metadata=NAMED, spec=ordered)


class Bounded:
    """Each kind says for itself what its spec holds."""

    kind: Kind
    of_its_own: tuple[str, ...] = ()
    """Labels and annotations that are about the one that has them, and are not primary's."""

    def target(self, live: Manifest) -> str:
        return str(live["spec"]["scaleTargetRef"]["name"])

    def of_primary(self, canary: Canary, original: Manifest, owner: Manifest, spec: Manifest) -> Manifest:
        """The primary's, with a spec. What measures for an autoscaler may find its query in labels and annotations."""
        metadata = original.get("metadata") or {}
        return {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {
                "name": canary.primary_scaler_name,
                "namespace": canary.namespace,
                "labels": self._lasting(metadata.get("labels")),
                "annotations": {**self._lasting(metadata.get("annotations")), **RELEASE},
                "ownerReferences": [owner],
            },
            "spec": spec,
        }

    def _lasting(self, marks: Mapping[str, str] | None) -> dict[str, str]:
        return {name: value for name, value in inherited(marks).items() if name not in self.of_its_own}
