"""A release by the steps of an Argo Rollout: the steps, their analyses, and where a run stands in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automation.core.durations import shown
from automation.core.keeping import share
from automation.core.runs.metric import Plan
from automation.core.runs.run import Run
from automation.core.steps import (
    Analyse,
    Pause,
    SetHeaderRoute,
    SetMirrorRoute,
    SetScale,
    SetWeight,
    Step,
)


@dataclass(frozen=True)
class Stepwise:
    """`plans` are the analyses of steps by their index, the first step's is 0. `background` runs beside the steps from
    `starting_step` on. The canary has no fewer than `least` pods, unless there are not so many in all. `managed` are
    the names of the routes that steps make, in the order in which they are asked."""

    steps: tuple[Step, ...]
    plans: Mapping[int, Plan] = field(default_factory=dict, hash=False)
    background: Plan | None = None
    starting_step: int = 0
    least: int = 1
    managed: tuple[str, ...] = ()

    @property
    def checksum(self) -> str:
        """Another list of steps has another one."""
        return hashlib.sha256(repr(self.steps).encode()).hexdigest()[:10]

    def pods(self, index: int, whole: int) -> int:
        """How many pods the canary needs to complete the step of this index, where all are `whole`: as many as its
        weight asks for, unless a step has said another number; never none, and all once the steps are completed."""
        if index >= len(self.steps):
            return whole
        weight, scale = 0, SetScale()
        for step in self.steps[: index + 1]:
            match step:
                case SetWeight():
                    weight = step.weight
                case SetScale():
                    scale = step
        percent = weight if scale.percent is None else scale.percent
        return max(
            1,
            max(min(self.least, whole), share(whole, percent)) if scale.replicas is None else scale.replicas,
        )

    def weight(self, index: int) -> int:
        """The canary's share, in percent, once the step of this index is completed."""
        if index >= len(self.steps):
            return 100
        weights = [step.weight for step in self.steps[: index + 1] if isinstance(step, SetWeight)]
        return weights[-1] if weights else 0

    def told(self, index: int) -> str:
        """A step as Argo's events call it: "setWeight: 20"."""
        return told(self.steps[index])


def told(step: Step) -> str:
    match step:
        case SetWeight(weight):
            return f"setWeight: {weight}"
        case Pause(seconds=float(seconds)):
            return f"pause: {shown(round(seconds * 1000))}"
        case Pause():
            return "pause"
        case Analyse():
            return "analysis"
        case SetScale():
            return "setCanaryScale"
        case SetHeaderRoute(name):
            return f"setHeaderRoute: {name}"
        case SetMirrorRoute(name):
            return f"setMirrorRoute: {name}"


@dataclass(frozen=True)
class StepStatus:
    """`checksum` is that of the steps which the run goes by, `since` when the present one began (unix seconds).
    `background` is the analysis beside the steps, `inline` the last one that a step has waited for, and `inline_step`
    the index of that step."""

    checksum: str
    since: float
    background: Run | None = None
    inline: Run | None = None
    inline_step: int = -1

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> StepStatus:
        background, inline = document.get("background"), document.get("inline")
        return cls(
            str(document["checksum"]),
            float(document["since"]),
            Run.parse(background) if background else None,
            Run.parse(inline) if inline else None,
            int(document.get("inlineStep", -1)),
        )

    def of_step(self, index: int) -> Run | None:
        """The analysis that a step waits for; None where it has none, or that has not begun."""
        return self.inline if index == self.inline_step else None

    def following(self, now: float) -> StepStatus:
        """At the beginning of the next step."""
        return replace(self, since=now)

    def document(self) -> dict[str, Any]:
        runs = {"background": self.background, "inline": self.inline}
        found = {name: run.document() for name, run in runs.items() if run}
        place = {"inlineStep": self.inline_step} if self.inline else {}
        return {"checksum": self.checksum, "since": self.since, **found, **place}
