"""The generated routes: what leads users to primary and canary, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from automation.core.kinds import Manifest
from automation.core.marks import RELEASE
from automation.core.refusal import Refused
from automation.core.spec import Canary
from components.inputs import Inputs
from components.taken_over import given_back, taken_over
from gateways.carrying import marks_of
from gateways.gateway import Marks
from gateways.ownership import is_of_somebody, is_taken_over, rivalry
from gateways.registry import each_route, gateway_of, is_meshs, is_of_people, source_of


def route(canary: Canary, inputs: Inputs, owner: Manifest) -> Manifest | None:
    """The route that leads users, or the patch of one that somebody made; None before primary serves, and where its
    source allows no longer what it would serve. Raises `Refused` where it could not carry this Canary."""
    placement, gateway = inputs.placement, gateway_of(canary)
    if gateway.source is not None and canary.route is None:
        return None
    standing = inputs.standing
    if problems := tuple(rivalry(canary, standing)):
        raise Refused(problems)
    annotations = {**RELEASE, **marks_of(canary, placement)}
    moved = inputs.moved
    try:
        rendered = gateway.render(canary, inputs.route, placement.traffic, Marks(annotations, owner))
    except Refused:
        if moved:
            return None  # a copy must never serve what its source no longer allows
        raise  # before anything moves
    if standing is None or not is_of_somebody(standing):
        return _placed(rendered, inputs) if moved else None
    if moved:
        return taken_over(rendered, standing)
    return given_back(standing) if is_taken_over(standing) else None


def companions(canary: Canary, inputs: Inputs, owner: Manifest) -> tuple[Manifest, ...]:
    """What the route rests on."""
    return tuple(_placed(one, inputs) for one in gateway_of(canary).rest_on(canary, Marks({}, owner)))


def _placed(manifest: Manifest, inputs: Inputs) -> Manifest:
    """As it is in its cluster: one that has no Canary would take away what is owned by one."""
    if not (inputs.meshed and is_meshs(manifest)):
        return manifest
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": metadata}


def following(canary: Canary, inputs: Inputs, owner: Manifest) -> Iterator[tuple[Manifest, bool]]:
    """The routes that carry what the canary's own does, and whether each is people's own."""
    for one in each_route(canary)[1:]:
        kind, name = source_of(one) or (None, "")
        live = inputs.others.get((kind.kind, name)) if kind else None
        if found := route(one, replace(inputs, route=live), owner):
            yield found, is_of_people(one)
