"""What a live generated route does with traffic: its weights as they are, and the rest as it says itself.

Rules, mirrors and cookies are written in many ways. What a route was made of stands beside them in an annotation, and
whoever changes them is found by comparing the route with what is rendered.
"""

from __future__ import annotations

import json
from dataclasses import replace

from automation.core.kinds import Manifest
from automation.core.marks import TRAFFIC
from automation.core.spec import Canary
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from gateways.gateway import Carried
from gateways.registry import gateway_of


def carried_by(canary: Canary, route: Manifest) -> Carried:
    """What the route does."""
    found, said = gateway_of(canary).carried(canary, route), _said(route)
    return replace(found, traffic=replace(said, canary=found.traffic.canary))


def annotation(traffic: Traffic) -> dict[str, str]:
    """What a route with this traffic says of itself: nothing where its weights say it all."""
    document = traffic.document()
    plain = document.keys() <= {"primary", "canary"}
    return {} if plain else {TRAFFIC: json.dumps(document, separators=(",", ":"))}


def _said(route: Manifest) -> Traffic:
    """What a route says of itself; nothing where somebody has made nonsense of it."""
    text = (route["metadata"].get("annotations") or {}).get(TRAFFIC)
    try:
        return Traffic.parse(json.loads(text)) if text else ALL_ON_PRIMARY
    except (ValueError, KeyError, TypeError, AttributeError):
        return ALL_ON_PRIMARY
