"""Whose a live route is that has the name of a generated one: this release's, another's, or somebody's who made it."""

from __future__ import annotations

from collections.abc import Iterator

from automation.core.kinds import Manifest
from automation.core.marks import ATTEMPT, ORIGINAL
from automation.core.refusal import Problem
from automation.core.spec import Canary
from gateways.registry import gateway_of, is_of_people


def is_of_somebody(route: Manifest) -> bool:
    """Whether somebody made it by hand, taken over by now or not."""
    marks = _marks(route)
    return _controller(route) is None and (ATTEMPT not in marks or ORIGINAL in marks)


def is_taken_over(route: Manifest) -> bool:
    """Whether somebody made it by hand, and it says what it was before."""
    return is_of_somebody(route) and ORIGINAL in _marks(route)


def rivalry(canary: Canary, route: Manifest | None) -> Iterator[Problem]:
    """What is wrong with a route that somebody else's program writes already."""
    controller = _controller(route) if route and not is_of_people(canary) else None
    if controller is None or controller == (canary.origin.kind, canary.name):
        return
    written, owner = f"{gateway_of(canary).kind.kind} {canary.route_name}", " ".join(controller)
    told = f"{written}.{canary.namespace}, which this release would write, is that of {owner}"
    yield Problem(route_field(canary), told, "name another, so that each has one of its own")


def route_field(canary: Canary) -> str:
    """The field of a document on which the name of its route depends."""
    source = gateway_of(canary).source
    return f"spec.{source.field}" if source else "spec.service.name"


def _controller(live: Manifest) -> tuple[str, str] | None:
    """The kind and name of the object that it goes with, and that writes it."""
    owners = live["metadata"].get("ownerReferences") or ()
    found = ((str(owner.get("kind")), str(owner.get("name"))) for owner in owners if owner.get("controller"))
    return next(found, None)


def _marks(live: Manifest) -> Manifest:
    return live["metadata"].get("annotations") or {}
