"""Weights of a route are whole: percentages that sum to 100, so that nobody's requests fall between two backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.rule import Finding, Rule, Subject
from policies.tokens import APISIX_ROUTE


def whole(weight: Any) -> int | None:
    """The weight as a whole number (numbers may arrive as floats); None if it is none."""
    if isinstance(weight, bool) or not isinstance(weight, int | float) or weight != int(weight):
        return None
    return int(weight)


def _broken_weights(subject: Subject) -> Iterator[Finding]:
    for rule in (subject.manifest.get("spec") or {}).get("http") or ():
        backends = list(rule.get("backends") or ())
        if len(backends) < 2:
            continue
        weights = [whole(backend.get("weight")) for backend in backends]
        known = [weight for weight in weights if weight is not None and 0 <= weight <= 100]
        if len(known) < len(weights) or sum(known) != 100:
            shown = ", ".join(f"{backend.get('serviceName')} {backend.get('weight')}" for backend in backends)
            yield Finding(
                f"rule {rule.get('name')} of route {subject.name} splits traffic into {shown}",
                "give every backend a whole weight from 0 to 100, together 100",
            )


WHOLE = Rule(
    name="weights-whole",
    description="The weights of a rule are whole percentages that sum to 100.",
    types=frozenset({APISIX_ROUTE}),
    check=_broken_weights,
)
