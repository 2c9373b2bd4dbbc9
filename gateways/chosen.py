"""The rules by which requests of an A/B release are chosen, as gateways read them out of the traffic."""

from __future__ import annotations

import json
from typing import Any

from automation.core.traffic import Traffic


def rules_of(traffic: Traffic) -> list[dict[str, Any]]:
    """Each rule: headers and queryParams by name, each with one of exact, prefix, suffix and regex; sourceLabels."""
    return [json.loads(rule) for rule in traffic.match]
