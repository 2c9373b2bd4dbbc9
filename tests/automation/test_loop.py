"""The agenda of ticks: who is due when, moved by a hand-held clock."""

from __future__ import annotations

import pytest

from automation.loop import Agenda, eager, interval_of, targets

ONE, TWO = ("test", "one"), ("test", "two")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_earliest_comes_first_and_nobody_before_its_time() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, 5.0)
    agenda.hasten(TWO, 3.0)
    assert agenda.take(clock, 0.0) is None
    clock.now = 5.0
    assert [agenda.take(clock, 0.0), agenda.take(clock, 0.0)] == [TWO, ONE]


def test_hastening_moves_forward_and_never_back() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, 5.0)
    agenda.hasten(ONE, 2.0)
    agenda.hasten(ONE, 9.0)
    clock.now = 2.0
    assert agenda.take(clock, 0.0) == ONE
    assert agenda.take(clock, 0.0) is None


def test_a_key_that_is_out_is_not_given_out_twice_but_comes_again_at_once() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, 0.0)
    assert agenda.take(clock, 0.0) == ONE
    agenda.hasten(ONE, 0.0)
    assert agenda.take(clock, 0.0) is None
    agenda.done(ONE, 60.0)
    assert agenda.take(clock, 0.0) == ONE


def test_a_key_that_is_done_for_good_does_not_come_back() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, 0.0)
    agenda.take(clock, 0.0)
    agenda.done(ONE, None)
    clock.now = 1000.0
    assert agenda.take(clock, 0.0) is None


def test_one_that_is_out_does_not_hold_up_the_others() -> None:
    agenda, clock = Agenda(), Clock()
    agenda.hasten(ONE, 0.0)
    agenda.take(clock, 0.0)
    agenda.hasten(ONE, 0.0)
    agenda.hasten(TWO, 1.0)
    clock.now = 1.0
    assert agenda.take(clock, 0.0) == TWO


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        pytest.param({"analysis": {"interval": "10s"}}, 10.0, id="as written"),
        pytest.param({"canaryAnalysis": {"interval": "2m"}}, 120.0, id="the deprecated field"),
        pytest.param({"analysis": {}}, 60.0, id="none: the model's default"),
        pytest.param({"analysis": {"interval": "soon"}}, 60.0, id="a document that is refused"),
    ],
)
def test_the_interval_is_the_documents(spec: dict[str, object], seconds: float) -> None:
    assert interval_of({"spec": spec}) == seconds


@pytest.mark.parametrize(
    ("phase", "at_once"), [("", True), ("Initializing", True), ("Succeeded", True), ("Progressing", False)]
)
def test_changes_are_looked_at_at_once_unless_that_would_judge_early(phase: str, at_once: bool) -> None:
    assert eager({"status": {"phase": phase}}) is at_once


def test_a_canary_looks_at_its_target_and_its_primary() -> None:
    canary = {"metadata": {"namespace": "test"}, "spec": {"targetRef": {"name": "podinfo"}}}
    deployments = [
        {"metadata": {"namespace": namespace, "name": name}}
        for namespace, name in (
            ("test", "podinfo"),
            ("test", "podinfo-primary"),
            ("test", "x"),
            ("y", "podinfo"),
        )
    ]
    assert [targets(canary, deployment) for deployment in deployments] == [True, True, False, False]
