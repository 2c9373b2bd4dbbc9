"""Steps: the canary's share is what the list of an Argo Rollout says, one step after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.steps import SetHeaderRoute, SetMirrorRoute, SetWeight, Step
from automation.core.stepwise import Stepwise
from automation.core.traffic import Traffic


class Steps:
    """An iteration is a step that was completed. When the last one is, primary gets what the canary has, and then all
    the traffic at once."""

    name = "steps"
    fields = ()

    def asked(self, fields: Mapping[str, Any]) -> bool:
        """No Canary has such a list."""
        return False

    def needs(self, analysis: Analysis) -> frozenset[str]:
        kinds = {SetWeight: "weights", SetHeaderRoute: "match", SetMirrorRoute: "mirror"}
        return frozenset(kinds[type(step)] for step in _of(analysis).steps if type(step) in kinds)

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        step, traffic = _of(analysis).steps[at.iterations], at.traffic
        match step:
            case SetWeight(weight) if not traffic.match:
                traffic = replace(traffic, canary=weight)
            case SetHeaderRoute(match=rules):
                traffic = replace(traffic, canary=100 if rules else 0, match=rules)
            case SetMirrorRoute(percentage=percentage):
                traffic = replace(traffic, mirror=percentage)
        return Progress(traffic, at.iterations + 1)

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        return at.iterations >= len(_of(analysis).steps)

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic()

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        """Chosen requests all reach the canary, whatever its weight."""
        steps = _of(analysis).steps
        weights = [step.weight if isinstance(step, SetWeight) else 100 for step in steps if _moves(step)]
        chosen = any(isinstance(step, SetHeaderRoute) and step.match for step in steps)
        return {"stepWeights": weights} | ({"match": True} if chosen else {})


def _moves(step: Step) -> bool:
    """Whether it sends requests to the canary."""
    return isinstance(step, SetWeight) or (isinstance(step, SetHeaderRoute) and bool(step.match))


def _of(analysis: Analysis) -> Stepwise:
    return analysis.stepwise or Stepwise(())
