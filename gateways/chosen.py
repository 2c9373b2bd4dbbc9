"""The rules by which requests of an A/B release are chosen, as gateways read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from automation.core.refusal import Problem
from automation.core.spec import Canary


def rules_of(match: Iterable[str]) -> list[dict[str, Any]]:
    """Each rule: headers and queryParams by name, each with one of exact, prefix, suffix and regex; sourceLabels."""
    return [json.loads(rule) for rule in match]


def by_labels(canary: Canary, gateway: str) -> Iterator[Problem]:
    """What is said of rules that go by the labels of who sends a request, where the gateway does not know these."""
    for index, rule in enumerate(rules_of(canary.analysis.match)):
        if "sourceLabels" in rule:
            yield Problem(
                f"spec.analysis.match[{index}].sourceLabels",
                f"{gateway} can't tell requests by the labels of who sends them",
                "match headers or queryParams",
            )
