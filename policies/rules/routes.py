"""Weights of a route are whole: percentages that sum to 100, so that nobody's requests fall between two backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.gateways import ROUTES, splits
from policies.rule import Finding, Rule, Subject


def whole(weight: Any) -> int | None:
    """The weight as a whole number (numbers may arrive as floats); None if it is none."""
    if isinstance(weight, bool) or not isinstance(weight, int | float) or weight != int(weight):
        return None
    return int(weight)


def _broken_weights(subject: Subject) -> Iterator[Finding]:
    for split in splits(subject.type, subject.manifest):
        if len(split.weights) < 2:
            continue
        weights = [whole(weight) for _, weight in split.weights]
        known = [weight for weight in weights if weight is not None and 0 <= weight <= 100]
        if len(known) < len(weights) or sum(known) != 100:
            shown = ", ".join(f"{service} {weight}" for service, weight in split.weights)
            yield Finding(
                f"rule {split.rule} of route {subject.name} splits traffic into {shown}",
                "give every backend a whole weight from 0 to 100, together 100",
            )


WHOLE = Rule(
    name="weights-whole",
    description="The weights of a rule are whole percentages that sum to 100.",
    types=ROUTES,
    check=_broken_weights,
)
