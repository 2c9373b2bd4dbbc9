"""What two Canaries of a namespace would take from each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from automation.core.refusal import Problem
from automation.core.spec import Canary
from gateways.ownership import route_field
from gateways.registry import gateway_of, is_of_people

Claim = tuple[str, ...]
"""A namespace, and the kind and name of what a Canary calls its own there."""


@dataclass(frozen=True)
class Claims:
    """Who claims what, of all these Canaries."""

    canaries: Sequence[Canary]

    def rivals(self, canary: Canary) -> Iterator[Canary]:
        """Those that claim something of what a Canary does, in their order."""
        numbers = {number for claim in _claims(canary) for number in self._by_claim[claim]}
        others = (self.canaries[number] for number in sorted(numbers))
        return (other for other in others if other.name != canary.name)

    @cached_property
    def _by_claim(self) -> dict[Claim, list[int]]:
        found: dict[Claim, list[int]] = {}
        for number, canary in enumerate(self.canaries):
            for claim in _claims(canary):
                found.setdefault(claim, []).append(number)
        return found


def shared_with(canary: Canary, other: Canary) -> Iterator[Problem]:
    """What is wrong with `canary` while there is `other`."""
    same, kind = f"Canary {other.name} has the same", canary.target.kind
    if (kind, canary.target.name) == (other.target.kind, other.target.name):
        yield Problem("spec.targetRef", f"{same} target", "delete all but one")
        return
    for name in sorted(_workloads(canary) & _workloads(other)) if kind == other.target.kind else ():
        yield Problem(
            "spec.targetRef", f"{same} {kind} {name} as target or primary", "rename one of the targets"
        )
    services = sorted(_services(canary) & _services(other))[:1]
    for name in services:
        yield Problem("spec.service.name", f"{same} Service {name}", "give each a name of its own")
    # Routes that are named after the apex are shared for the same reason.
    for route in sorted(_routes(canary) & _routes(other)) if not services else ():
        told = f"{same} generated {' '.join(route)}"
        yield Problem(route_field(canary), told, "name another, so that each has one of its own")
    for scaler in sorted(_scalers(canary) & _scalers(other))[:1]:
        remedy = f"name the one that scales {canary.target.name}"
        yield Problem("spec.autoscalerRef", f"{same} {' '.join(scaler)}", remedy)


def _claims(canary: Canary) -> Iterator[Claim]:
    for name in _workloads(canary):
        yield canary.namespace, canary.target.kind, name
    for name in _services(canary):
        yield canary.namespace, "Service", name
    for kind, name in (*_scalers(canary), *_routes(canary)):
        yield canary.namespace, kind, name


def _workloads(canary: Canary) -> set[str]:
    return {canary.target.name, canary.primary_name}


def _services(canary: Canary) -> set[str]:
    return {canary.apex, canary.primary_service, canary.canary_service}


def _routes(canary: Canary) -> set[tuple[str, str]]:
    """What is generated for it; a route of people's own may lead to several."""
    return set() if is_of_people(canary) else {(gateway_of(canary).kind.kind, canary.route_name)}


def _scalers(canary: Canary) -> set[tuple[str, str]]:
    named = canary.autoscaler
    return {(named.kind, named.name), (named.kind, canary.primary_scaler_name)} if named else set()
