"""Weighted: the canary's share rises step by step. Steps and their end are those of Flagger's `analysis`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.traffic import Traffic


class Weighted:
    """`stepWeight` up to `maxWeight`, or the list of `stepWeights`; back at once, or by `stepWeightPromotion`.

    With `mirror` the canary answers copies of the requests first, before any user sees it. Requests that are `chosen`
    go there from the first weight on, whatever it is.
    """

    name = "weighted"
    fields = (
        "stepWeight",
        "stepWeights",
        "maxWeight",
        "stepWeightPromotion",
        "mirror",
        "mirrorWeight",
        "chosen",
    )

    def asked(self, fields: Mapping[str, Any]) -> bool:
        return bool(fields.get("stepWeight") or fields.get("stepWeights"))

    def needs(self, analysis: Analysis) -> frozenset[str]:
        more = {"mirror": analysis.mirror, "managed": analysis.chosen}
        return frozenset({"weights", *(need for need, asked in more.items() if asked)})

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        """Never above the limit. A weight that is not among stepWeights (the list was edited in mid-run) goes to the
        next lower step."""
        if analysis.mirror and not at.begun:
            return Progress(Traffic(mirror=analysis.mirror))
        if steps := _listed(analysis):
            return Progress(Traffic(_next_listed(steps, at.traffic.canary), managed=analysis.chosen))
        weight = min(at.traffic.canary + analysis.step_weight, _limit(analysis))
        return Progress(Traffic(weight, managed=analysis.chosen))

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        return at.traffic.canary >= _limit(analysis)

    def concludes(self, analysis: Analysis, at: Progress) -> bool:
        return self.ended(analysis, at)

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic(max(0, traffic.canary - (analysis.step_weight_promotion or 100)))

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        if steps := _listed(analysis):
            return {"stepWeights": list(steps)}
        return {"stepWeight": analysis.step_weight, "maxWeight": analysis.max_weight}


def _listed(analysis: Analysis) -> tuple[int, ...]:
    return analysis.step_weights if analysis.step_weight == 0 else ()


def _limit(analysis: Analysis) -> int:
    steps = _listed(analysis)
    return steps[-1] if steps else analysis.max_weight


def _next_listed(steps: tuple[int, ...], current: int) -> int:
    if current == 0 or current in steps:
        return next((step for step in steps if step > current), current)
    return max((step for step in steps if step < current), default=steps[0])
