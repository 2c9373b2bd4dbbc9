"""A/B: requests that match go to the canary, for as many checks as `iterations` says. Flagger's `match`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.traffic import Traffic


class AB:
    """All requests of chosen users reach the canary from the first iteration on, and nobody else's ever do."""

    name = "ab"
    fields = ("iterations", "match")

    def asked(self, fields: Mapping[str, Any]) -> bool:
        return bool(fields.get("iterations") and fields.get("match"))

    def needs(self, analysis: Analysis) -> frozenset[str]:
        return frozenset({"match"})

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        return Progress(Traffic(100, match=analysis.match), at.iterations + 1)

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        return at.iterations >= analysis.iterations

    def concludes(self, analysis: Analysis, at: Progress) -> bool:
        return self.ended(analysis, at)

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic()

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        return {"iterations": analysis.iterations, "match": list(analysis.match)}
