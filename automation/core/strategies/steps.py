"""Steps: the canary's share is what the list of an Argo Rollout says, one step after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.steps import SetHeaderRoute, SetMirrorRoute, SetWeight
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
        kinds = {SetWeight: "weights", SetHeaderRoute: "managed", SetMirrorRoute: "managed"}
        return frozenset(kinds[type(step)] for step in _of(analysis).steps if type(step) in kinds)

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        step, traffic = _of(analysis).steps[at.iterations], at.traffic
        match step:
            case SetWeight(weight):
                traffic = replace(traffic, canary=weight)
            case SetHeaderRoute(name, rules):
                traffic = _beside(traffic, name, {"match": rules}, _of(analysis).managed)
            case SetMirrorRoute(name, percentage, rules):
                traffic = _beside(
                    traffic, name, {"match": rules, "mirror": percentage}, _of(analysis).managed
                )
        return Progress(traffic, at.iterations + 1)

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        return at.iterations >= len(_of(analysis).steps)

    def concludes(self, analysis: Analysis, at: Progress) -> bool:
        return self.ended(analysis, at)

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic()

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        return {"stepWeights": [step.weight for step in _of(analysis).steps if isinstance(step, SetWeight)]}


def _beside(traffic: Traffic, name: str, said: Mapping[str, Any], order: Sequence[str]) -> Traffic:
    """The traffic with another route of this name, or without one where it matches nothing."""
    routes = {json.loads(one)["name"]: one for one in traffic.managed if json.loads(one)["name"] != name}
    if rules := [json.loads(rule) for rule in said["match"]]:
        routes[name] = json.dumps({"name": name, **said, "match": rules}, sort_keys=True)
    return replace(traffic, managed=tuple(routes[one] for one in sorted(routes, key=_place_in(order))))


def _place_in(order: Sequence[str]) -> Callable[[str], int]:
    return lambda name: order.index(name) if name in order else len(order)


def _of(analysis: Analysis) -> Stepwise:
    return analysis.stepwise or Stepwise(())
