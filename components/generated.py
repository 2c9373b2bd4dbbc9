"""Everything that is generated for a Canary, as plain objects: a function of what is so and where traffic should be.

Before a revision is recorded there is nothing that a primary could be made of, so there are only Services, and
the apex selects the target. The canary route shadows the user's route, so it must not exist before the primary can
answer; nor must the primary's autoscaler, which would take the idle primary's pods away before they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from automation.core.kinds import Manifest
from automation.core.managed_fields import writers
from automation.core.marks import MADE_FOR, RELEASE, is_ours, owner_reference
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.status import Placement
from components import configs, handed_over, primary, services
from components.revision import Revision
from components.taken_over import given_back, taken_over
from gateways.carrying import marks_of, switches
from gateways.gateway import Marks
from gateways.ownership import is_of_somebody, is_taken_over, rivalry
from gateways.registry import each_route, gateway_of, is_meshs, is_of_people, source_of
from gateways.subsets import labelled, rule_of
from workloads.registry import scaler_of, workload_of
from workloads.selector import selector_of


@dataclass(frozen=True)
class Inputs:
    """What the generated objects depend on beside the Canary itself.

    `uid` is the live Canary's uid (a string, or an Output where the same program creates it). `revision` is
    what primary runs (None before anything was recorded), `kept` the configuration of revisions whose pods may
    still run. `apex` is the live Service of the apex's name, `primary` the live primary, `canary` the canary's live
    Service where that is people's own, `standing` what is live under the generated route's name, `others` further live
    objects of people's by kind and name. `meshed`: a mesh's objects are in another cluster. `leaving`: users go back to
    the target.
    """

    placement: Placement
    target: Manifest
    uid: Any
    revision: Revision | None = None
    kept: Mapping[str, Manifest] | None = None
    autoscaler: Manifest | None = None
    route: Manifest | None = None
    apex: Manifest | None = None
    primary: Manifest | None = None
    canary: Manifest | None = None
    others: Mapping[tuple[str, str], Manifest] = field(default_factory=dict)
    meshed: bool = False
    standing: Manifest | None = None
    leaving: bool = False


@dataclass(frozen=True)
class Generated:
    """The objects by what they are for. `apex_is_foreign`: somebody else made that Service, so it is
    patched, and left alone (None) for as long as it is to select the target. `apex_stays` when all the rest goes.
    `sides` patch what tells the canary's pods from others and is somebody else's, and so does a route where
    `route_is_foreign`; `further` routes carry what that one does, and so do `patched` ones of somebody's. `lasting`:
    pods and patches stay when their stack goes, or has others."""

    services: tuple[Manifest, ...]
    apex: Manifest | None
    apex_is_foreign: bool
    apex_stays: bool = False
    configs: tuple[Manifest, ...] = ()
    primary: Manifest | None = None
    autoscaler: Manifest | None = None
    companions: tuple[Manifest, ...] = ()
    sides: tuple[Manifest, ...] = ()
    further: tuple[Manifest, ...] = ()
    patched: tuple[Manifest, ...] = ()
    route: Manifest | None = None
    route_is_foreign: bool = False
    lasting: bool = False

    def is_foreign(self, manifest: Manifest) -> bool:
        """Whether one of its objects is somebody else's, who may have more in it than is asked for."""
        route = (self.route,) if self.route_is_foreign else ()
        apex = (self.apex,) if self.apex_is_foreign else ()
        return any(manifest is one for one in (*self.sides, *self.patched, *route, *apex))

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
        """All of them, in an order in which nothing refers to anything later, and whoever leads traffic comes last."""
        scaled, leading = (self.primary, self.autoscaler), (self.route, self.apex)
        return (
            *self.services,
            *self.configs,
            *(item for item in scaled if item is not None),
            *self.companions,
            *self.sides,
            *self.further,
            *self.patched,
            *(item for item in leading if item is not None),
        )


def generate(canary: Canary, inputs: Inputs) -> Generated:
    """The generated objects. Raises `Refused` when target or route cannot carry this Canary."""
    owner = owner_reference(canary.origin, canary.name, inputs.uid)
    if canary.hands_over:
        return _handed_over(canary, inputs, owner)
    chosen = selector_of(inputs.target)
    *inner, apex = services.services(canary, chosen, inputs.placement.apex, inputs.target, owner)
    foreign = inputs.apex is not None and _made_by_somebody_else(canary, inputs)
    stays = inputs.leaving and inputs.placement.apex == "target"
    route = _route(canary, inputs, owner)
    gone = stays and inputs.revision is None
    common = Generated(
        () if gone else tuple(inner),
        _taken_over(canary, inputs, apex) if foreign else _marked(canary, apex, stays),
        foreign,
        stays,
        companions=_companions(canary, inputs, owner) if route and _moved(inputs) else (),
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


def _handed_over(canary: Canary, inputs: Inputs, owner: Manifest) -> Generated:
    """Services and route come once the stable pods are to serve."""
    revision, placement = inputs.revision, inputs.placement
    if revision is None:
        return Generated((), None, apex_is_foreign=True)
    pods = handed_over.stable(canary, revision, _serving(canary, inputs), owner)
    if placement.apex == "target":
        return Generated((), None, apex_is_foreign=True, primary=pods, lasting=True)
    if placement.turned:
        return _handed_over(canary.turned(True), _turned(inputs), owner)
    following = list(_following(canary, inputs, owner))
    return Generated(
        (),
        None if switches(canary) or not canary.apex else _stable(canary, inputs, revision),
        apex_is_foreign=True,
        primary=pods,
        sides=tuple(_sides(canary, inputs, revision.hash)),
        further=tuple(route for route, foreign in following if not foreign),
        patched=tuple(route for route, foreign in following if foreign),
        route=_route(canary, inputs, owner),
        route_is_foreign=is_of_people(canary),
        lasting=True,
    )


def _turned(inputs: Inputs) -> Inputs:
    """What there is, the two Services in each other's places."""
    placed = replace(inputs.placement, turned=False)
    return replace(inputs, placement=placed, apex=inputs.canary, canary=inputs.apex)


def _sides(canary: Canary, inputs: Inputs, stable: str) -> Iterator[Manifest]:
    """What tells the pods of the canary from the stable ones: a Service, or subsets of one."""
    tested = inputs.placement.canary or stable
    if canary.service.canary:
        yield handed_over.selecting(canary, canary.service.canary, inputs.canary, tested)
    if named := rule_of(canary):
        yield labelled(canary, inputs.others.get((named[0].kind, named[1])), stable, tested)


def _following(canary: Canary, inputs: Inputs, owner: Manifest) -> Iterator[tuple[Manifest, bool]]:
    """The routes that carry what the canary's own does, and whether each is people's own."""
    for one in each_route(canary)[1:]:
        kind, name = source_of(one) or (None, "")
        live = inputs.others.get((kind.kind, name)) if kind else None
        if route := _route(one, replace(inputs, route=live), owner):
            yield route, is_of_people(one)


def _serving(canary: Canary, inputs: Inputs) -> int:
    """How many stable pods there are to be: as many as the Rollout asks for, until they serve. Then the driver makes
    room for others, and no update takes that back."""
    workload, live = workload_of(canary), inputs.primary
    if (
        live is None
        or inputs.placement.apex == "target"
        or not _runs(canary, live, inputs.placement.revision)
    ):
        return workload.replicas(inputs.target)
    return workload.replicas(live)


def _runs(canary: Canary, live: Manifest, revision: str) -> bool:
    return bool(live["metadata"]["name"] == workload_of(canary).primary_name(canary, revision))


def _stable(canary: Canary, inputs: Inputs, revision: Revision) -> Manifest:
    return handed_over.selecting(canary, canary.apex, inputs.apex, revision.hash)


def _taken_over(canary: Canary, inputs: Inputs, apex: Manifest) -> Manifest | None:
    """Somebody else's Service is left alone until it is to select primary: it leads users to the application.

    Once it was ours to change it stays so: an engine that forgets a patch takes its fields away.
    """
    if inputs.apex is None:
        return None
    untouched = not _is_taken(inputs.apex) and not _selects_primary(inputs.apex, inputs.target)
    if inputs.placement.apex == "target" and untouched:
        return None
    return services.takeover(canary, apex, inputs.apex)


def _is_taken(service: Manifest) -> bool:
    return any(is_ours(entry.get("manager", "")) for entry in writers(service, ("f:spec", "f:selector")))


def _selects_primary(service: Manifest, target: Manifest) -> bool:
    chosen = selector_of(target)
    selected = (service.get("spec") or {}).get("selector") or {}
    return bool(chosen.told_apart.items() <= selected.items())


def _autoscaler(canary: Canary, inputs: Inputs, owner: Manifest) -> Manifest | None:
    if inputs.placement.apex == "target":
        return None
    recorded = inputs.revision.autoscaler if inputs.revision else None
    live = inputs.autoscaler or {}
    spec, scaler = recorded or live.get("spec"), scaler_of(canary)
    return scaler.primary(canary, {**live, "spec": spec}, owner) if scaler and spec else None


def _route(canary: Canary, inputs: Inputs, owner: Manifest) -> Manifest | None:
    placement = inputs.placement
    gateway = gateway_of(canary)
    if gateway.source is not None and canary.route is None:
        return None
    standing = inputs.standing
    if problems := tuple(rivalry(canary, standing)):
        raise Refused(problems)
    annotations = {**RELEASE, **marks_of(canary, placement)}
    moved = _moved(inputs)
    try:
        route = gateway.render(canary, inputs.route, placement.traffic, Marks(annotations, owner))
    except Refused:
        if moved:
            return None  # a copy must never serve what its source no longer allows
        raise  # before anything moves
    if standing is None or not is_of_somebody(standing):
        return _placed(route, inputs) if moved else None
    if moved:
        return taken_over(route, standing)
    return given_back(standing) if is_taken_over(standing) else None


def _moved(inputs: Inputs) -> bool:
    """Whether users are led by what is generated."""
    return inputs.placement.apex == "primary"


def _companions(canary: Canary, inputs: Inputs, owner: Manifest) -> tuple[Manifest, ...]:
    return tuple(_placed(one, inputs) for one in gateway_of(canary).rest_on(canary, Marks({}, owner)))


def _placed(manifest: Manifest, inputs: Inputs) -> Manifest:
    """As it is in its cluster: one that has no Canary would take away what is owned by one."""
    if not (inputs.meshed and is_meshs(manifest)):
        return manifest
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": metadata}


def _marked(canary: Canary, apex: Manifest, stays: bool) -> Manifest:
    """The apex that is made here. Once users are back on the target it has no owner: it would go with the Canary, and
    they with it."""
    metadata = apex["metadata"]
    annotations = {**metadata["annotations"], MADE_FOR: canary.name}
    kept = {field: value for field, value in metadata.items() if not (stays and field == "ownerReferences")}
    return {**apex, "metadata": {**kept, "annotations": annotations}}


def _made_by_somebody_else(canary: Canary, inputs: Inputs) -> bool:
    if inputs.apex is None:
        return False
    if (inputs.apex["metadata"].get("annotations") or {}).get(MADE_FOR) == canary.name:
        return False
    owners = inputs.apex["metadata"].get("ownerReferences") or []
    own = (canary.origin.kind, inputs.uid)
    return not any((owner.get("kind"), owner.get("uid")) == own for owner in owners)
