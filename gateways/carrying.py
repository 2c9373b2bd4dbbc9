"""What a live generated route does with traffic: its weights as they are, and the rest as it says itself.

Rules, mirrors and cookies are written in many ways. What a route was made of stands beside them in an annotation, and
whoever changes them is found by comparing the route with what is rendered.
"""

from __future__ import annotations

import json
from dataclasses import replace

from automation.core.kinds import Manifest
from automation.core.marks import ATTEMPT, CANARY_SERVICE, EVIDENCE, SIDES, STABLE_SERVICE, TRAFFIC
from automation.core.spec import Canary
from automation.core.status import Placement
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from gateways.by_pods import BY_PODS
from gateways.gateway import Carried
from gateways.registry import gateway_of, is_of_people
from gateways.switch import SWITCH


def carried_by(canary: Canary, route: Manifest) -> Carried:
    """What the route does. It says itself whose Service is the canary's, where these take turns."""
    marks = route["metadata"].get("annotations") or {}
    turned = canary.service.turns and marks.get(CANARY_SERVICE) == canary.service.primary
    found, said = gateway_of(canary).carried(canary.turned(turned), route), _said(route)
    return replace(found, traffic=replace(said, canary=found.traffic.canary))


def marks_of(canary: Canary, placement: Placement) -> dict[str, str]:
    """The annotations of a generated route: its attempt, why it may carry its traffic, and what that is where its
    weights don't say it all."""
    found = {ATTEMPT: placement.attempt}
    if canary.service.canary or canary.service.subsets:
        stable, found[CANARY_SERVICE] = canary.turned(placement.turned).sides
        found |= {STABLE_SERVICE: stable} if is_of_people(canary) else {}
    if switches(canary):
        found[SIDES] = f"{placement.revision}/{placement.canary or placement.revision}"
    document = placement.traffic.document()
    if not document.keys() <= {"primary", "canary"}:
        found[TRAFFIC] = json.dumps(document, separators=(",", ":"))
    if placement.evidence is not None:
        found[EVIDENCE] = placement.evidence.annotation(canary.analysis)
    return found


def leading(canary: Canary, route: Manifest) -> frozenset[str]:
    """The annotations by which a route leads traffic: those that are others with other traffic."""
    none, everybody = (
        gateway_of(canary).with_traffic(canary, route, Traffic(weight))["metadata"].get("annotations") or {}
        for weight in (0, 100)
    )
    return frozenset(name for name in none.keys() | everybody if none.get(name) != everybody.get(name))


def switches(canary: Canary) -> bool:
    """Whether its route is a Service of people's own that leads everybody to one side."""
    return canary.provider == SWITCH.provider


def shares_by_pods(canary: Canary) -> bool:
    """Whether nothing but the numbers of pods shares its traffic."""
    return canary.provider == BY_PODS.provider


def _said(route: Manifest) -> Traffic:
    """What a route says of itself; nothing where somebody has made nonsense of it."""
    text = (route["metadata"].get("annotations") or {}).get(TRAFFIC)
    try:
        return Traffic.parse(json.loads(text)) if text else ALL_ON_PRIMARY
    except (ValueError, KeyError, TypeError, AttributeError):
        return ALL_ON_PRIMARY
