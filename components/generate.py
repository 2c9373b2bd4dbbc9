"""Everything that is generated for a Canary, as plain objects: a function of what is so and where traffic should be.

Before a revision is recorded there is nothing that a primary could be made of, so there are only Services, and
the apex selects the target. The canary route shadows the user's route, so it must not exist before the primary can
answer; nor must the primary's autoscaler, which would take the idle primary's pods away before they are needed.
"""

from __future__ import annotations

from dataclasses import replace

from automation.core.kinds import Manifest
from automation.core.marks import owner_reference
from automation.core.spec import Canary
from components import apex as apexes
from components import configs, handed_over, primary, routes, services
from components.generated import Generated
from components.inputs import Inputs
from gateways.ownership import is_of_somebody
from workloads.registry import scaler_of
from workloads.selector import selector_of


def generate(canary: Canary, inputs: Inputs) -> Generated:
    """The generated objects. Raises `Refused` when target or route cannot carry this Canary."""
    owner = owner_reference(canary.origin, canary.name, inputs.uid)
    if canary.hands_over:
        return handed_over.generated(canary, inputs, owner)
    chosen = selector_of(inputs.target)
    *inner, apex = services.services(canary, chosen, inputs.placement.apex, inputs.target, owner)
    foreign = apexes.is_foreign(canary, inputs)
    stays = inputs.leaving and inputs.placement.apex == "target"
    route = routes.route(canary, inputs, owner)
    gone = stays and inputs.revision is None
    common = Generated(
        () if gone else tuple(inner),
        apexes.taken_over(canary, inputs, apex) if foreign else apexes.marked(canary, apex, stays),
        foreign,
        stays,
        companions=routes.companions(canary, inputs, owner) if route and inputs.moved else (),
        route=route,
        route_is_foreign=inputs.standing is not None and is_of_somebody(inputs.standing),
    )
    if inputs.revision is None:
        return common
    revision = inputs.revision
    return replace(
        common,
        configs=configs.copies({**(inputs.kept or {}), **revision.configs}, canary.namespace, owner),
        primary=primary.workload(
            canary, primary.Origin(inputs.target, chosen, inputs.primary), revision, owner
        ),
        autoscaler=_autoscaler(canary, inputs, owner),
    )


def _autoscaler(canary: Canary, inputs: Inputs, owner: Manifest) -> Manifest | None:
    if inputs.placement.apex == "target":
        return None
    recorded = inputs.revision.autoscaler if inputs.revision else None
    live = inputs.autoscaler or {}
    spec, scaler = recorded or live.get("spec"), scaler_of(canary)
    return scaler.primary(canary, {**live, "spec": spec}, owner) if scaler and spec else None
