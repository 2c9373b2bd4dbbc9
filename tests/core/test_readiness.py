"""When a Deployment is ready: the model's rules and words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.observation import Workload
from automation.core.readiness import readiness

READY = Workload("podinfo", 2, 2, 2, 2)
SHORT = replace(READY, available=0)
ROLLOUT = "waiting for rollout to finish: "


@pytest.mark.parametrize(
    ("workload", "threshold", "state", "why"),
    [
        (READY, 100, "ready", ""),
        (replace(READY, available=1), 50, "ready", ""),
        (
            replace(READY, generation=2),
            100,
            "waiting",
            f"{ROLLOUT}observed deployment generation less than desired generation",
        ),
        (replace(READY, updated=1), 100, "waiting", f"{ROLLOUT}1 out of 2 new replicas have been updated"),
        (replace(READY, running=3), 100, "waiting", f"{ROLLOUT}1 old replicas are pending termination"),
        (SHORT, 100, "waiting", f"{ROLLOUT}0 of 2 (readyThreshold 100%) updated replicas are available"),
        (
            replace(SHORT, expired=True),
            100,
            "stuck",
            'deployment "podinfo" exceeded its progress deadline',
        ),
        (
            replace(SHORT, short_since=100.0),
            100,
            "stuck",
            f"{ROLLOUT}0 of 2 (readyThreshold 100%) updated replicas are available",
        ),
        (
            replace(SHORT, short_since=300.0),
            100,
            "waiting",
            f"{ROLLOUT}0 of 2 (readyThreshold 100%) updated replicas are available",
        ),
        (
            replace(SHORT, generation=2, expired=True),
            100,
            "waiting",
            f"{ROLLOUT}observed deployment generation less than desired generation",
        ),
    ],
    ids=[
        "all available",
        "as many as the threshold asks for",
        "not observed yet",
        "old pods",
        "pods on their way out",
        "none available",
        "past its own deadline",
        "unavailable for too long",
        "unavailable for a moment",
        "a deadline of the generation before",
    ],
)
def test_readiness(workload: Workload, threshold: int, state: str, why: str) -> None:
    found = readiness(workload, threshold, late=200.0)
    assert (found.state, found.why) == (state, why)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"available": 1}, f"{ROLLOUT}1 of 2 (readyThreshold 100%) updated replicas are available; "),
        ({"updated": 1, "running": 1}, f"{ROLLOUT}1 out of 2 new replicas have been updated; "),
        (
            {"available": 0, "short_since": 100.0},
            f"{ROLLOUT}0 of 2 (readyThreshold 100%) updated replicas are available; ",
        ),
        ({"available": 0, "expired": True}, 'deployment "podinfo" exceeded its progress deadline; '),
    ],
    ids=["not enough", "not updated", "for too long", "past its deadline"],
)
def test_why_its_pods_are_refused_is_said_at_once(changes: dict[str, Any], why: str) -> None:
    refused = replace(READY, refused="exceeded quota: small", **changes)
    assert readiness(refused, 100, 200.0).why == f"{why}its pods are refused: exceeded quota: small"
    assert readiness(replace(READY, refused="exceeded quota: small"), 100, 200.0).why == ""
