"""A switch: all users are on one side, and a Service of people's own selects which. Blue/green as Rollouts have it.

The Service is patched, never owned. It says itself which revisions its two sides are, and which of them it leads to.
"""

from __future__ import annotations

import copy

from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import POD_HASH, SIDES, WEIGHT
from automation.core.names import NAMED
from automation.core.refusal import Problem, Refused
from automation.core.shape import fields
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.alone import OfRollouts
from gateways.gateway import Carried, Gateway, Marks, Source


class Switch(OfRollouts):
    """The selector of a Service."""

    provider = "services"
    source = Source(
        field="strategy.blueGreen.activeService",
        kind=SERVICE,
        unnamed=Problem("spec.strategy.blueGreen.activeService", "is missing", "name the Service of users"),
        shape=fields("metadata", metadata=NAMED),
    )
    kind = SERVICE
    ruled = ("f:spec", "f:selector")
    carries = frozenset({"weights"})

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        if source is not None:
            return ()
        told = f"Service {canary.apex}.{canary.namespace} not found"
        return (Problem("spec.strategy.blueGreen.activeService", told, "apply the Service"),)

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        """A patch of the user's Service."""
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        made = {
            "apiVersion": SERVICE.api_version,
            "kind": SERVICE.kind,
            "metadata": {
                "name": canary.apex,
                "namespace": canary.namespace,
                "annotations": dict(marks.annotations),
            },
            "spec": {"selector": dict((source.get("spec") or {}).get("selector") or {})},
        }
        return self.with_traffic(canary, made, traffic)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        """What it says of itself, as far as it selects that side."""
        said = route["metadata"].get("annotations") or {}
        chosen = ((route.get("spec") or {}).get("selector") or {}).get(POD_HASH)
        stable, tested = _sides(route)
        weight = 100 if said.get(WEIGHT) == "100" else 0
        if chosen == (tested if weight else stable):
            return Carried(Traffic(weight), exact=True)
        return Carried(Traffic(100 if chosen == tested else 0), exact=False)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Whom it leads to alone: its ports are people's."""
        changed = copy.deepcopy(route)
        stable, tested = _sides(route)
        annotations = changed["metadata"].get("annotations") or {}
        changed["metadata"]["annotations"] = {**annotations, WEIGHT: str(traffic.canary)}
        selector = (changed.get("spec") or {}).get("selector") or {}
        changed["spec"] = {"selector": {**selector, POD_HASH: tested if traffic.canary else stable}}
        return changed


SWITCH: Gateway = Switch()


def _sides(route: Manifest) -> tuple[str, str]:
    """The revisions of the stable and of the other side; "" where it does not say."""
    said = (route["metadata"].get("annotations") or {}).get(SIDES, "")
    stable, _, tested = str(said).partition("/")
    return stable, tested
