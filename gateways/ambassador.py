"""Ambassador: a copy of people's Mapping that leads to the canary and has its share as `weight`.

The user's Mapping is only read, and has no weight of its own: it gets what the copy leaves.
"""

from __future__ import annotations

import copy

from automation.core.kinds import Kind, Manifest
from automation.core.marks import UNMANAGED_BY_FLUX, inherited
from automation.core.names import NAMED
from automation.core.refusal import Problem, Refused
from automation.core.shape import TEXT, WHOLE, fields
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.alone import OfRollouts
from gateways.gateway import Carried, Gateway, Marks, Source
from gateways.in_place import ROUTING

MAPPING = Kind("/apis/getambassador.io/v2", "mappings", "Mapping")
_LONGEST = 246
"""Letters of a Mapping's name that are whole in that of its copy, as Argo cuts it."""


class Ambassador(OfRollouts):
    """Mappings with a weight, as Rollouts have them."""

    provider = "ambassador"
    source = Source(
        ROUTING,
        MAPPING,
        Problem(ROUTING, "names no Mapping", "name it"),
        fields("metadata", metadata=NAMED, spec=fields(service=TEXT, weight=WHOLE)),
    )
    kind = MAPPING
    ruled = ("f:spec", "f:weight")
    carries = frozenset({"weights"})

    def route_name(self, canary: Canary) -> str:
        return f"{(canary.route.name if canary.route else canary.name)[:_LONGEST]}-canary"

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        name = f"{MAPPING.kind} {canary.route.name if canary.route else ''}.{canary.namespace}"
        if source is None:
            return (Problem(ROUTING, f"{name} not found", "apply it"),)
        spec = source.get("spec") or {}
        if spec.get("weight"):
            return (Problem(ROUTING, f"{name} has a weight of its own", "leave it out: it gets the rest"),)
        if canary.primary_service not in str(spec.get("service")):
            told = f"{name} does not lead to {canary.primary_service}"
            return (Problem(ROUTING, told, "name the Service in its spec.service"),)
        return ()

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        metadata, spec = source["metadata"], copy.deepcopy(source["spec"])
        led = str(spec["service"]).replace(canary.primary_service, canary.canary_service, 1)
        theirs = inherited(metadata.get("annotations"))
        return {
            "apiVersion": MAPPING.api_version,
            "kind": MAPPING.kind,
            "metadata": {
                "name": self.route_name(canary),
                "namespace": canary.namespace,
                "labels": inherited(metadata.get("labels")),
                "annotations": {**theirs, **UNMANAGED_BY_FLUX, **marks.annotations},
                "ownerReferences": [marks.owner],
            },
            "spec": {**spec, "service": led, "weight": traffic.canary},
        }

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        weight = (route.get("spec") or {}).get("weight")
        if isinstance(weight, int) and 0 <= weight <= 100:
            return Carried(Traffic(weight), exact=True)
        return Carried(Traffic(), exact=False)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed = copy.deepcopy(route)
        changed["spec"] = {**changed["spec"], "weight": traffic.canary}
        return changed


AMBASSADOR: Gateway = Ambassador()
