"""The grounds of a move as they stand on the route: compact JSON that a policy can judge without the Canary."""

from __future__ import annotations

import json
from typing import Any

from automation.core.evidence import Evidence
from automation.core.spec import Canary


def text(canary: Canary, evidence: Evidence) -> str:
    """The evidence with the steps that the Canary declares, as one line of JSON with sorted keys."""
    return json.dumps({**evidence.document(), "steps": _steps(canary)}, sort_keys=True, separators=(",", ":"))


def _steps(canary: Canary) -> dict[str, Any]:
    analysis = canary.analysis
    if analysis.step_weight == 0 and analysis.step_weights:
        return {"stepWeights": list(analysis.step_weights)}
    return {"stepWeight": analysis.step_weight, "maxWeight": analysis.max_weight}
