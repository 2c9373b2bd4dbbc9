"""The status as it stands in the Canary object, and what the program renders from it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.rendering import placement_to_render
from automation.core.status import (
    CheckResult,
    Condition,
    Evidence,
    Intent,
    Phase,
    Placement,
    Purpose,
    Request,
    Status,
    Traffic,
)

CHECKS = (CheckResult("request-success-rate", "metric", True, 99.5, 99.0, None, "success rate 99.50%"),)
EVIDENCE = Evidence(Traffic(10), Traffic(20), CHECKS, ("ann",), "2026-01-01T00:00:00Z")
IN_FORCE = Placement("a1", "primary", Traffic(10), "v1")
INTENT = Intent(
    Purpose.ADVANCE,
    Placement("a2", "primary", Traffic(20), "v1", EVIDENCE),
    "podinfo.test: weight 10 -> 20",
)
FULL = Status(
    phase=Phase.PROGRESSING,
    failed_checks=1,
    canary_weight=10,
    last_applied_spec="v2",
    last_promoted_spec="v1",
    tracked_configs={"configmap/a": "1"},
    last_transition_time="2026-01-01T00:00:00Z",
    conditions=(Condition("Unknown", "Progressing", "m", "t", "t"),),
    in_force=IN_FORCE,
    intent=INTENT,
    judged={"request-success-rate": 12.5},
    begun_at=9.5,
    split_since=10.25,
    counted_at=11.5,
    ending="Aborted",
    request=Request("abort", "1", "ann"),
)


@pytest.mark.parametrize("status", [Status(), FULL], ids=["a new Canary", "everything set"])
def test_a_status_survives_the_api_server(status: Status) -> None:
    assert Status.parse(json.loads(json.dumps(status.document()))) == status


def test_fields_keep_the_models_names() -> None:
    assert set(Status().document()) == {
        "phase",
        "failedChecks",
        "canaryWeight",
        "iterations",
        "lastAppliedSpec",
        "lastPromotedSpec",
        "lastTransitionTime",
        "conditions",
    }
    assert set(FULL.document()) - set(Status().document()) == {
        "trackedConfigs",
        "inForce",
        "intent",
        "judged",
        "begunAt",
        "splitSince",
        "countedAt",
        "ending",
        "request",
    }


def test_evidence_is_plain_json() -> None:
    assert EVIDENCE.document() == {
        "from": {"primary": 90, "canary": 10},
        "to": {"primary": 80, "canary": 20},
        "checks": [
            {
                "name": "request-success-rate",
                "kind": "metric",
                "passed": True,
                "value": 99.5,
                "min": 99.0,
                "detail": "success rate 99.50%",
            }
        ],
        "approvals": ["ann"],
        "measuredAt": "2026-01-01T00:00:00Z",
    }


def test_infinity_does_not_reach_the_api_server() -> None:
    assert "value" not in CheckResult("m", "metric", False, float("inf")).document()


@pytest.mark.parametrize(
    ("status", "attempt", "expected"),
    [
        (FULL, "a2", INTENT.placement),
        (FULL, None, IN_FORCE),
        (FULL, "a3", IN_FORCE),
        (FULL, "", IN_FORCE),
        (Status(), None, Placement("", "target", Traffic(0), "")),
        (Status(), "a2", Placement("", "target", Traffic(0), "")),
    ],
    ids=[
        "the attempt that was handed over",
        "by hand",
        "another attempt",
        "no attempt",
        "a new Canary by hand",
        "a new Canary without an intent",
    ],
)
def test_only_its_own_attempt_renders_an_intent(
    status: Status, attempt: str | None, expected: Placement
) -> None:
    assert placement_to_render(status, attempt) == expected


@given(st.one_of(st.none(), st.text(max_size=3)))
def test_by_hand_no_traffic_moves(attempt: str | None) -> None:
    assert placement_to_render(FULL, attempt).traffic == IN_FORCE.traffic
