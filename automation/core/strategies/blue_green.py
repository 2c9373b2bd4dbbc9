"""Blue/Green: the canary is checked beside primary, gets all requests at once, and is checked once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.traffic import Traffic


class BlueGreen:
    """`iterations` checks before any user sees it, with copies of their requests where `mirror` says so. Then all
    requests go there, and promotion follows the check on those: Flagger's order.

    A gateway without traffic of its own (provider `kubernetes`) has nothing to switch: promotion follows at once.
    """

    name = "blue-green"
    fields = ("iterations", "mirror", "mirrorWeight", "stepWeightPromotion")

    def asked(self, fields: Mapping[str, Any]) -> bool:
        return bool(fields.get("iterations"))

    def needs(self, analysis: Analysis) -> frozenset[str]:
        return frozenset({"mirror"} if analysis.mirror else set())

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        if at.iterations < analysis.iterations:
            return Progress(Traffic(mirror=analysis.mirror), at.iterations + 1)
        return Progress(Traffic(100), at.iterations + 1)

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        last = analysis.iterations + (1 if analysis.switches else 0)
        return at.iterations >= last

    def concludes(self, analysis: Analysis, at: Progress) -> bool:
        """Before all requests go to the canary, and before it becomes primary's."""
        return at.iterations >= analysis.iterations

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic(max(0, traffic.canary - (analysis.step_weight_promotion or 100)))

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        return {"iterations": analysis.iterations} | ({"mirror": analysis.mirror} if analysis.mirror else {})
