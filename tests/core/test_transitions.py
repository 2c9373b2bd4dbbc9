"""The table of phases, the condition that follows them, and the page made from both."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.core.diagram import page
from automation.core.status import Phase, Status
from automation.core.transitions import IDLE, RUNNING, TRANSITIONS, enter
from tests.core.documents import canary

NOW = 1_700_000_000.0


def reachable() -> set[Phase]:
    found = {Phase.NONE}
    for _ in TRANSITIONS:
        found |= {move.to for move in TRANSITIONS if move.source in found}
    return found


def test_every_phase_of_the_table_can_be_reached_and_left() -> None:
    assert reachable() == {move.source for move in TRANSITIONS} | {move.to for move in TRANSITIONS}
    assert {*RUNNING, *IDLE} <= reachable()


@pytest.mark.parametrize(
    ("source", "to"),
    [(Phase.SUCCEEDED, Phase.PROMOTING), (Phase.NONE, Phase.PROGRESSING), (Phase.FAILED, Phase.SUCCEEDED)],
    ids=["from success to promotion", "without initialisation", "from failure to success"],
)
def test_a_move_that_the_table_lacks_is_our_mistake(source: Phase, to: Phase) -> None:
    with pytest.raises(ValueError, match="no way from phase"):
        enter(canary(), Status(phase=source), to, NOW)


@pytest.mark.parametrize(
    ("source", "phase", "truth", "message"),
    [
        (Phase.NONE, Phase.INITIALIZING, "Unknown", "New Deployment detected, starting initialization."),
        (Phase.INITIALIZING, Phase.INITIALIZED, "True", "Deployment initialization completed."),
        (
            Phase.INITIALIZED,
            Phase.PROGRESSING,
            "Unknown",
            "New revision detected, progressing canary analysis.",
        ),
        (
            Phase.PROGRESSING,
            Phase.PROMOTING,
            "Unknown",
            "Canary analysis completed, starting primary rolling update.",
        ),
        (
            Phase.PROMOTING,
            Phase.FINALISING,
            "Unknown",
            "Canary analysis completed, routing all traffic to primary.",
        ),
        (
            Phase.FINALISING,
            Phase.SUCCEEDED,
            "True",
            "Canary analysis completed successfully, promotion finished.",
        ),
        (Phase.PROGRESSING, Phase.FAILED, "False", "Canary analysis failed, Deployment scaled to zero."),
    ],
)
def test_the_condition_of_each_phase(source: Phase, phase: Phase, truth: str, message: str) -> None:
    status = enter(canary(), Status(phase=source), phase, NOW)
    (condition,) = status.conditions
    assert (condition.status, condition.reason, condition.message) == (truth, str(phase), message)
    assert condition.document()["type"] == "Promoted"
    assert status.last_transition_time == "2023-11-14T22:13:20Z"


def test_the_conditions_time_survives_while_its_truth_does() -> None:
    progressing = enter(canary(), Status(phase=Phase.INITIALIZED), Phase.PROGRESSING, NOW)
    promoting = enter(canary(), progressing, Phase.PROMOTING, NOW + 60)
    failed = enter(canary(), promoting, Phase.FAILED, NOW + 120)
    assert promoting.conditions[0].last_transition_time == progressing.conditions[0].last_transition_time
    assert promoting.conditions[0].last_update_time != progressing.conditions[0].last_update_time
    assert failed.conditions[0].last_transition_time != promoting.conditions[0].last_transition_time


def test_a_restart_leaves_the_condition_alone() -> None:
    progressing = enter(canary(), Status(phase=Phase.INITIALIZED), Phase.PROGRESSING, NOW)
    assert enter(canary(), progressing, Phase.PROGRESSING, NOW + 60).conditions == progressing.conditions


def test_the_page_is_what_the_table_says() -> None:
    assert (Path(__file__).parents[2] / "docs" / "state-machine.md").read_text() == page()
