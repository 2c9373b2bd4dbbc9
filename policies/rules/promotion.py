"""A canary's weight rises by declared steps only, each on fresh passing evidence.

The evidence stands on the route as an annotation. What it claims is computed anew: a check passes because its
value lies within its bounds, not because somebody wrote that it passed. Weight 0 always passes, and so does
every step down: no rule stands in the way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from policies.gateways import CANARY_SERVICE, ROUTES, Split, splits
from policies.rule import Finding, Manifest, Rule, Subject
from policies.rules.routes import whole

EVIDENCE = "sluice.delivery/evidence"
SKEW_SECONDS = 60


def _unearned(subject: Subject) -> Iterator[Finding]:
    weight = canary_weight(subject.type, subject.manifest)
    if not weight:
        return
    evidence = _evidence(subject.manifest)
    if evidence is None:
        problem = f"route {subject.name} sends {weight} % to the canary without evidence that it may"
        yield Finding(problem, _measured(subject))
    else:
        yield from _judge(subject, weight, evidence)


def _measured(subject: Subject) -> str:
    return f"release with `{subject.release}`, which measures before it moves traffic"


def canary_weight(type: str, route: Manifest) -> int:
    """The share that goes to Services named `…-canary`, or as the route says; 0 where none does, and of users who stay
    no share is asked."""
    said = ((route.get("metadata") or {}).get("annotations") or {}).get(CANARY_SERVICE)
    return max((_share(split, said) for split in splits(type, route) if not split.stays), default=0)


def _share(split: Split, named: Any) -> int:
    to_canary = [
        weight for service, weight in split.weights if service.endswith("-canary") or service == named
    ]
    if to_canary and len(split.weights) == 1:
        # A single backend gets everything, whatever its weight says.
        return 100
    return sum(whole(weight) or 0 for weight in to_canary)


@dataclass(frozen=True)
class _Evidence:
    """The annotation, read: weights of the canary before and after, checks, declared steps, time.

    `iterations`: the Canary counts checks instead of taking steps, and moves its traffic at once; `chosen`: only
    requests that match.
    """

    before: int
    after: int
    checks: tuple[Mapping[str, Any], ...]
    listed: tuple[int, ...]
    step: int
    most: int
    measured_at: str
    iterations: bool = False
    chosen: bool = False

    @property
    def highest(self) -> int:
        """The highest weight that the Canary declares."""
        return max(self.listed, default=self.most)

    @property
    def rise(self) -> int:
        """How much the canary's weight may rise at once from where it was."""
        if not self.listed:
            return self.step
        following = [after - before for before, after in pairwise((0, *self.listed)) if before == self.before]
        nearest = (weight - self.before for weight in sorted(self.listed) if weight > self.before)
        return max(following, default=next(nearest, 0))


def _evidence(route: Manifest) -> _Evidence | None:
    """None where there is no evidence, or something else in its place."""
    annotations = (route.get("metadata") or {}).get("annotations") or {}
    try:
        said = json.loads(annotations[EVIDENCE])
        steps = said["steps"]
        return _Evidence(
            before=int(said["from"]["canary"]),
            after=int(said["to"]["canary"]),
            checks=tuple({**check} for check in said["checks"]),
            listed=(100,) if steps.get("iterations") else _listed(steps),
            step=int(steps.get("stepWeight") or 0),
            most=int(steps.get("maxWeight") or 0),
            measured_at=str(said["measuredAt"]),
            iterations=bool(steps.get("iterations")),
            chosen=bool(steps.get("match")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _listed(steps: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(weight) for weight in steps.get("stepWeights") or ())


def _judge(subject: Subject, weight: int, evidence: _Evidence) -> Iterator[Finding]:
    before, after = evidence.before, evidence.after
    if after != weight:
        problem = f"route {subject.name} sends {weight} % to the canary, its evidence is for {after} %"
        yield Finding(problem, _measured(subject))
    elif max(before, after) > evidence.highest:
        moved, highest = f"moves from {before} % to {after} %", evidence.highest
        problem = f"route {subject.name} {moved}, the Canary declares at most {highest} %"
        yield Finding(problem, "raise maxWeight or stepWeights of the Canary, and release anew")
    elif after > before:
        yield from _step(subject, evidence)
        yield from _checks(subject, evidence)
        yield from _age(subject, evidence.measured_at)


def _step(subject: Subject, evidence: _Evidence) -> Iterator[Finding]:
    rise, allowed = evidence.after - evidence.before, subject.config["maxStep"]
    risen = f"route {subject.name} rises from {evidence.before} % to {evidence.after} %"
    if rise > evidence.rise:
        problem = f"{risen}, the Canary declares {evidence.rise} % at once"
        yield Finding(problem, "take the declared steps; a run does so by itself")
    if rise <= allowed or evidence.chosen:
        return
    if not evidence.iterations:
        problem = f"{risen}, more than {allowed:g} % at once"
        yield Finding(problem, "lower stepWeight of the Canary, or put steps between those of stepWeights")
    elif not subject.config["allAtOnce"]:
        remedy = "release by weight, or set allAtOnce in the configuration of the pack"
        yield Finding(f"{risen} at once, and here nobody may", remedy)


_EARNING = ("metric", "analysis", "step")
"""The kinds of checks by which a weight is earned. Of a Rollout that is the list of its steps, as Argo has it."""


def _checks(subject: Subject, evidence: _Evidence) -> Iterator[Finding]:
    failed = [str(check.get("name")) for check in evidence.checks if not _passes(check)]
    if failed:
        problem = f"route {subject.name} rises although {', '.join(failed)} did not pass"
        yield Finding(problem, "wait until the checks pass; the driver takes the next step then")
    everybody = evidence.iterations and not evidence.chosen
    if (evidence.before or everybody) and not any(check.get("kind") in _EARNING for check in evidence.checks):
        problem = f"route {subject.name} rises from {evidence.before} % and nothing was measured there"
        yield Finding(problem, "give the Canary a metric with a bound")


def _passes(check: Mapping[str, Any]) -> bool:
    if check.get("kind") != "metric":
        return check.get("passed") is True
    value, least, most = check.get("value"), check.get("min"), check.get("max")
    if not isinstance(value, int | float) or (least is None and most is None):
        return False
    return bool((least is None or value >= least) and (most is None or value <= most))


def _age(subject: Subject, measured_at: str) -> Iterator[Finding]:
    try:
        measured = datetime.fromisoformat(measured_at)
        age = (subject.now - measured.astimezone(UTC)).total_seconds()
    except ValueError:
        yield Finding(
            f"the evidence on route {subject.name} does not say when it was measured", _measured(subject)
        )
        return
    if age > (allowed := subject.config["maxAgeSeconds"]):
        problem = f"the evidence on route {subject.name} is {age:.0f} s old, more than {allowed:g} s"
        yield Finding(problem, "measure again: let the driver take the step")
    if age < -SKEW_SECONDS:
        problem = f"the evidence on route {subject.name} was measured {-age:.0f} s from now"
        yield Finding(problem, "set the clocks of driver and pack right")


EARNED = Rule(
    name="canary-promotion",
    description="A canary's weight rises by a declared step, on fresh passing evidence.",
    types=ROUTES,
    check=_unearned,
    schema={
        "maxStep": {"type": "number", "minimum": 1, "maximum": 100},
        "allAtOnce": {"type": "boolean"},
        "maxAgeSeconds": {"type": "number", "minimum": 1},
    },
)
