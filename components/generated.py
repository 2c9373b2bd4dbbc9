"""Everything that is generated for a Canary, as plain objects: a function of what is so and where traffic should be.

Before a revision is recorded there is nothing that a primary could be made of, so there are only Services, and
the apex selects the target. The canary route comes last: it shadows the user's route, so it must not exist
before the primary can answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from automation.core.kinds import Manifest
from automation.core.marks import ATTEMPT, EVIDENCE, RELEASE, owner_reference
from automation.core.spec import Canary
from automation.core.status import Placement
from components import configs, primary, services
from components.revision import Revision
from gateways.gateway import Marks
from gateways.registry import gateway_of
from workloads.registry import scaler_of
from workloads.selector import selector_of


@dataclass(frozen=True)
class Inputs:
    """What the generated objects depend on beside the Canary itself.

    `uid` is the live Canary's uid (a string, or an Output where the same program creates it). `revision` is
    what primary runs (None before anything was recorded), `kept` the configuration of revisions whose pods may
    still run. `apex` is the live Service of the apex's name.
    """

    placement: Placement
    target: Manifest
    uid: Any
    revision: Revision | None = None
    kept: Mapping[str, Manifest] | None = None
    autoscaler: Manifest | None = None
    route: Manifest | None = None
    apex: Manifest | None = None


@dataclass(frozen=True)
class Generated:
    """The objects by what they are for. `apex_is_foreign`: patch only, somebody else made that Service."""

    services: tuple[Manifest, ...]
    apex: Manifest
    apex_is_foreign: bool
    configs: tuple[Manifest, ...] = ()
    primary: Manifest | None = None
    autoscaler: Manifest | None = None
    route: Manifest | None = None

    def part(self, manifest: Manifest) -> Literal["route", "apex", "primary", "other"]:
        """What one of its objects is for."""
        parts: dict[int, Literal["route", "apex", "primary"]] = {
            id(self.apex): "apex",
            id(self.primary): "primary",
            id(self.route): "route",
        }
        return parts.get(id(manifest), "other")

    @property
    def objects(self) -> tuple[Manifest, ...]:
        """All of them, in an order in which nothing refers to anything later."""
        optional = (self.primary, self.autoscaler, self.apex, self.route)
        return (*self.services, *self.configs, *(item for item in optional if item is not None))


def generate(canary: Canary, inputs: Inputs) -> Generated:
    """The generated objects. Raises `Refused` when target or route cannot carry this Canary."""
    owner = owner_reference(canary.origin, canary.name, inputs.uid)
    chosen = selector_of(inputs.target)
    *inner, apex = services.services(canary, chosen, inputs.placement.apex, inputs.target, owner)
    foreign = _made_by_somebody_else(canary, inputs)
    if foreign:
        apex = services.takeover(canary, apex)
    common = Generated(tuple(inner), apex, foreign, route=_route(canary, inputs, owner))
    if inputs.revision is None:
        return common
    revision = inputs.revision
    return Generated(
        common.services,
        common.apex,
        foreign,
        configs.copies({**(inputs.kept or {}), **revision.configs}, canary.namespace, owner),
        primary.workload(canary, chosen, inputs.target, revision, owner),
        _autoscaler(canary, inputs, owner),
        common.route,
    )


def _autoscaler(canary: Canary, inputs: Inputs, owner: Manifest) -> Manifest | None:
    recorded = inputs.revision.autoscaler if inputs.revision else None
    spec = recorded or (inputs.autoscaler or {}).get("spec")
    scaler = scaler_of(canary)
    return scaler.primary(canary, spec, owner) if scaler and spec else None


def _route(canary: Canary, inputs: Inputs, owner: Manifest) -> Manifest | None:
    placement = inputs.placement
    if canary.route is None:
        return None
    annotations = {**RELEASE, ATTEMPT: placement.attempt}
    if placement.evidence is not None:
        annotations[EVIDENCE] = placement.evidence.annotation(canary.analysis)
    # Rendered in every case: a route that cannot be copied is refused before anything moves.
    marks = Marks(annotations, owner)
    route = gateway_of(canary).render(canary, inputs.route, placement.traffic, marks)
    return route if placement.apex == "primary" else None


def _made_by_somebody_else(canary: Canary, inputs: Inputs) -> bool:
    if inputs.apex is None:
        return False
    owners = inputs.apex["metadata"].get("ownerReferences") or []
    own = (canary.origin.kind, inputs.uid)
    return not any((owner.get("kind"), owner.get("uid")) == own for owner in owners)
