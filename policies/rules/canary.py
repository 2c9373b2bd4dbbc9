"""A Canary can fail: it measures success, and moves traffic in steps small and slow enough to notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from policies.rule import Finding, Manifest, Rule, Subject
from policies.tokens import CANARY

_SUCCESS = "request-success-rate"
_UNITS = {"m": 60, "s": 1}


def _without_success_check(subject: Subject) -> Iterator[Finding]:
    spec = subject.manifest.get("spec") or {}
    if spec.get("skipAnalysis"):
        yield Finding(
            f"Canary {subject.name} skips its analysis",
            "remove skipAnalysis: a version that nobody measured goes to all users at once",
        )
    elif not any(_measures_success(check) for check in _analysis(subject).get("metrics") or ()):
        yield Finding(
            f"Canary {subject.name} has no check of success",
            f"add the metric {_SUCCESS} with a minimum, or a template with a bound",
        )


def _measures_success(check: Manifest) -> bool:
    bounds = check.get("thresholdRange") or {}
    bounded = "min" in bounds or "max" in bounds or "threshold" in check
    return bounded and (check.get("name") == _SUCCESS or bool(check.get("templateRef") or check.get("query")))


def _out_of_bounds(subject: Subject) -> Iterator[Finding]:
    analysis, config = _analysis(subject), subject.config
    step, weight, interval = config["maxStep"], config["maxWeight"], config["minIntervalSeconds"]
    if (largest := _largest_step(analysis)) > step:
        yield Finding(
            f"Canary {subject.name} moves {largest:g} % of the traffic at once, more than {step:g} %",
            "lower stepWeight, or put steps between those of stepWeights",
        )
    if _moves_everybody(subject, analysis) and not config["allAtOnce"]:
        yield Finding(
            f"Canary {subject.name} moves all users at once after its iterations, and here nobody may",
            "release by weight, choose requests by match, or set allAtOnce in the configuration of the pack",
        )
    if (highest := _highest(analysis)) > weight:
        yield Finding(
            f"Canary {subject.name} sends up to {highest:g} % of the traffic to a canary, more than {weight:g} %",
            "lower maxWeight, or end stepWeights earlier",
        )
    seconds = _seconds(analysis.get("interval"))
    if seconds is not None and seconds < interval:
        yield Finding(
            f"Canary {subject.name} takes a step every {seconds:g} s, sooner than every {interval:g} s",
            "raise analysis.interval: a fault needs time to show",
        )


def _analysis(subject: Subject) -> Manifest:
    spec = subject.manifest.get("spec") or {}
    analysis: Manifest = spec.get("analysis") or spec.get("canaryAnalysis") or {}
    return analysis


def _largest_step(analysis: Manifest) -> float:
    if analysis.get("stepWeight"):
        return float(analysis["stepWeight"])
    weights = [0.0, *(float(weight) for weight in analysis.get("stepWeights") or ())]
    return max((later - earlier for earlier, later in pairwise(weights)), default=0.0)


def _moves_everybody(subject: Subject, analysis: Manifest) -> bool:
    """Blue/Green. A/B moves those alone who are chosen, and with Services alone users stay on primary."""
    provider = (subject.manifest.get("spec") or {}).get("provider")
    return bool(analysis.get("iterations")) and not analysis.get("match") and provider != "kubernetes"


def _highest(analysis: Manifest) -> float:
    if analysis.get("stepWeight"):
        return float(analysis.get("maxWeight") or 100)
    return max((float(weight) for weight in analysis.get("stepWeights") or ()), default=0.0)


def _seconds(text: Any) -> float | None:
    parts = re.findall(r"(\d+)(m|s)", text) if isinstance(text, str) else []
    return float(sum(int(number) * _UNITS[unit] for number, unit in parts)) if parts else None


MEASURED = Rule(
    name="canary-measured",
    description="A Canary has at least one check of success.",
    types=frozenset({CANARY}),
    check=_without_success_check,
)
BOUNDS = Rule(
    name="canary-bounds",
    description="A Canary's step, maximum weight and interval stay within the bounds of the environment.",
    types=frozenset({CANARY}),
    check=_out_of_bounds,
    schema={
        "maxStep": {"type": "number", "minimum": 1, "maximum": 100},
        "allAtOnce": {"type": "boolean"},
        "maxWeight": {"type": "number", "minimum": 1, "maximum": 100},
        "minIntervalSeconds": {"type": "number", "minimum": 1},
    },
)
