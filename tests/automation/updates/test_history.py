"""Steps read back from a stack's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from automation.core.evidence import CheckResult, Evidence
from automation.core.status import Intent, Placement, Purpose
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from automation.updates.history import split_message, steps
from automation.updates.placer import trail

BEGAN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    message: str
    result: str = "succeeded"
    start_time: datetime = BEGAN
    end_time: datetime | None = BEGAN + timedelta(seconds=1.5)


def advance() -> Intent:
    check = CheckResult("request-success-rate", "metric", True, 100.0, minimum=99.0)
    evidence = Evidence(ALL_ON_PRIMARY, Traffic(10), (check,), measured_at="2026-01-31T11:59:58Z")
    placement = Placement("a-1", "primary", Traffic(10), "rev", evidence)
    return Intent(Purpose.ADVANCE, placement, "podinfo.test: weight 0 -> 10, 1 of 1 checks passed")


def test_a_drivers_step_is_read_back_with_its_evidence() -> None:
    second, first = Entry(trail(advance(), "ann@host")), Entry("by hand")
    found = steps([second, first])
    assert [step.number for step in found] == [1, 2]
    assert (found[0].message, found[0].by, found[0].checks) == ("by hand", "", ())
    step = found[1]
    assert step.message == "podinfo.test: weight 0 -> 10, 1 of 1 checks passed"
    assert (step.by, step.kind, step.before, step.after) == ("ann@host", "advance", "100/0", "90/10")
    assert (step.at, step.seconds, step.result) == ("2026-01-31T12:00:00Z", 1.5, "succeeded")
    assert [(check["name"], check["value"], check["min"]) for check in step.checks] == [
        ("request-success-rate", 100.0, 99.0)
    ]


def test_somebody_elses_message_of_several_lines_is_left_whole() -> None:
    assert split_message("fix: a\n\nbecause of b") == ("fix: a\n\nbecause of b", {})
