"""Analyses as Argo runs them: what is measured when, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.conditions.condition import Condition
from automation.core.runs.measurement import Measurement, Outcome, judged, unmeasured
from automation.core.runs.metric import Metric, Plan
from automation.core.runs.run import Run, concluded, due, measured, next_at, summaries, terminate

START = 1_000_000.0
GOOD, BAD, UNSURE, BROKEN = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.ERROR
LETTERS = {"S": GOOD, "F": BAD, "?": UNSURE, "E": BROKEN}


def metric(name: str = "errors", **fields: Any) -> Metric:
    return Metric(name, "prometheus", **({"interval": 10.0} | fields))


def conditions(success: str = "", failure: str = "") -> Metric:
    parsed = [Condition.parse(text) if text else None for text in (success, failure)]
    return metric(success=parsed[0], failure=parsed[1])


def through(one: Metric, outcomes: str, **plan: Any) -> Run:
    """The run of one metric after measurements of these outcomes, or as far as it went."""
    whole, run, now = Plan((one,), **plan), Run(START), START
    for letter in outcomes:
        if not due(whole, run, now):
            break
        run = concluded(whole, measured(whole, run, one.name, Measurement(LETTERS[letter], now)), now)
        now = next_at(whole, run) or now
    return run


@pytest.mark.parametrize(
    ("success", "failure", "result", "outcome"),
    [
        ("", "", [5.0], GOOD),
        ("result[0] > 1", "", [5.0], GOOD),
        ("result[0] > 1", "", [0.0], BAD),
        ("", "result[0] > 1", [0.0], GOOD),
        ("", "result[0] > 1", [5.0], BAD),
        ("result[0] < 1", "result[0] > 5", [0.0], GOOD),
        ("result[0] < 1", "result[0] > 5", [9.0], BAD),
        ("result[0] < 1", "result[0] > 5", [3.0], UNSURE),
        ("result[0] < 9", "result[0] > 5", [7.0], BAD),
        ("result[0] > 1", "", [], BROKEN),
        ("result > 1", "", "text", BROKEN),
    ],
)
def test_what_the_conditions_say_of_a_measurement(
    success: str, failure: str, result: Any, outcome: Outcome
) -> None:
    assert judged(conditions(success, failure), result, START).outcome is outcome


def test_a_condition_without_data_says_so_in_the_model_s_words() -> None:
    assert judged(conditions("result[0] > 1"), [], START).message == (
        'could not evaluate successCondition "result[0] > 1": metric result is nil or empty: no data returned from the '
        "metric provider"
    )


def test_what_was_measured_is_kept_as_people_read_it() -> None:
    assert judged(metric(), [0.95, 1.0, float("nan")], START).value == "[0.95,1,NaN]"
    assert judged(metric(), {"b": "x", "average": 0.5}, START).value == '{"average":0.5,"b":"x"}'


@pytest.mark.parametrize(
    ("fields", "outcomes", "outcome", "message"),
    [
        ({"count": 3}, "SSS", GOOD, ""),
        ({"count": 3}, "SS", Outcome.RUNNING, ""),
        ({"interval": None}, "S", GOOD, ""),
        ({}, "S" * 30, Outcome.RUNNING, ""),
        ({}, "F", BAD, 'Metric "errors" assessed Failed due to failed (1) > failureLimit (0)'),
        ({"failure_limit": 2}, "FSFS", Outcome.RUNNING, ""),
        (
            {"failure_limit": 2},
            "FSFSF",
            BAD,
            'Metric "errors" assessed Failed due to failed (3) > failureLimit (2)',
        ),
        (
            {},
            "?",
            UNSURE,
            'Metric "errors" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)',
        ),
        ({"inconclusive_limit": 1, "count": 4}, "?SSS", GOOD, ""),
        ({}, "EEEE", Outcome.RUNNING, ""),
        (
            {},
            "EEEEE",
            BROKEN,
            'Metric "errors" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)',
        ),
        ({}, "EEEESEEEE", Outcome.RUNNING, ""),
        ({"count": 2}, "ESES", GOOD, ""),
        ({"failure_limit": 1, "inconclusive_limit": 9}, "F?F", BAD, ""),
        ({"consecutive_success_limit": 3, "failure_limit": -1}, "FSSFSSS", GOOD, ""),
        ({"consecutive_success_limit": 2, "failure_limit": -1, "count": 3}, "SFS", BAD, ""),
        ({"consecutive_success_limit": 2, "failure_limit": 1, "count": 3}, "SFS", UNSURE, ""),
        ({"failure_limit": -1, "consecutive_success_limit": 5}, "F" * 30, Outcome.RUNNING, ""),
    ],
    ids=lambda value: str(value) if value else None,
)
def test_how_a_metric_ends(fields: dict[str, Any], outcomes: str, outcome: Outcome, message: str) -> None:
    run = through(metric(**fields), outcomes)
    assert (run.outcome, run.completed_at is not None) == (outcome, outcome.ended)
    assert run.message.startswith(message)


def test_over_two_limits_at_once_the_later_one_counts() -> None:
    one = metric()
    plan = Plan((one,))
    run = Run(START)
    for outcome in (BAD, UNSURE):
        run = measured(plan, run, one.name, Measurement(outcome, START))
    assert concluded(plan, run, START).outcome is UNSURE


@pytest.mark.parametrize(
    ("fields", "last", "after"),
    [
        ({"interval": 60.0}, GOOD, 60.0),
        ({"interval": 60.0}, BROKEN, 10.0),
        ({"interval": None}, BROKEN, 10.0),
        ({"interval": 60.0, "count": 1}, GOOD, None),
    ],
    ids=["by its interval", "soon after an error", "once more after an error", "never again"],
)
def test_when_a_metric_is_measured_again(fields: dict[str, Any], last: Outcome, after: float | None) -> None:
    one = metric(**fields, failure_limit=5)
    plan = Plan((one,))
    run = concluded(plan, measured(plan, Run(START), one.name, Measurement(last, START)), START)
    assert next_at(plan, run) == (None if after is None else START + after)
    if after is not None:
        assert [bool(due(plan, run, START + at)) for at in (after - 1, after)] == [False, True]


def test_a_metric_begins_after_its_delay_and_the_run_waits_for_it() -> None:
    plan = Plan((metric("late", initial_delay=30.0, count=1), metric("soon", count=1)))
    assert [one.name for one in due(plan, Run(START), START)] == ["soon"]
    run = concluded(plan, measured(plan, Run(START), "soon", Measurement(GOOD, START)), START)
    assert (run.outcome, next_at(plan, run)) == (Outcome.RUNNING, START + 30)


def test_as_soon_as_one_metric_ends_badly_the_others_are_stopped_and_the_worst_counts() -> None:
    plan = Plan((metric("good"), metric("bad"), metric("unsure"), metric("later", initial_delay=60.0)))
    run = Run(START)
    for name, outcome in (("good", GOOD), ("bad", BAD), ("unsure", UNSURE)):
        run = measured(plan, run, name, Measurement(outcome, START))
    run = concluded(plan, run, START)
    assert (run.outcome, run.results["good"].outcome, due(plan, run, START + 999)) == (BAD, GOOD, ())
    assert run.message == 'Metric "bad" assessed Failed due to failed (1) > failureLimit (0)'


def test_a_dry_run_decides_nothing_and_is_counted_apart() -> None:
    plan = Plan((metric("new", count=1), metric("old", count=1)), dry_run=frozenset({"new"}))
    run = measured(plan, Run(START), "new", Measurement(BAD, START))
    run = concluded(plan, measured(plan, run, "old", Measurement(GOOD, START)), START)
    assert run.outcome is GOOD
    assert summaries(plan, run) == {
        "runSummary": {"count": 1, "successful": 1},
        "dryRunSummary": {"count": 1, "failed": 1},
    }


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [("", GOOD), ("SS", GOOD), ("SF", BAD)],
    ids=["before the first measurement", "while all is well", "after it failed"],
)
def test_a_run_that_is_asked_to_stop_ends_with_what_was_seen(outcomes: str, outcome: Outcome) -> None:
    run = terminate(through(metric(), outcomes))
    plan = Plan((metric(),))
    assert due(plan, run, START + 999) == ()
    assert concluded(plan, run, START).outcome is outcome


def test_only_so_many_measurements_are_remembered_and_all_are_counted() -> None:
    run = through(metric(count=25), "S" * 25)
    assert (len(run.results["errors"].measurements), run.results["errors"].count) == (10, 25)
    assert len(through(metric(count=5), "S" * 5, retention={"errors": 2}).results["errors"].measurements) == 2


def test_the_error_of_the_last_measurement_is_told() -> None:
    one = metric(consecutive_error_limit=0)
    plan = Plan((one,))
    run = concluded(plan, measured(plan, Run(START), one.name, unmeasured("nobody answers", START)), START)
    assert run.message == (
        'Metric "errors" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): "Error Message: '
        'nobody answers"'
    )


@pytest.mark.parametrize("outcomes", ["", "S", "SF", "EE?"])
def test_a_run_is_read_as_it_was_written(outcomes: str) -> None:
    plan = Plan((metric(failure_limit=1, inconclusive_limit=1),))
    run = through(plan.metrics[0], outcomes)
    assert Run.parse(run.document()) == run
    assert Run.parse(run.document()).results == run.results


limits = st.fixed_dictionaries(
    {
        "failure_limit": st.integers(0, 3),
        "inconclusive_limit": st.integers(0, 3),
        "consecutive_error_limit": st.integers(0, 3),
        "count": st.integers(0, 6),
    }
)


@given(limits, st.text("SF?E", max_size=40))
def test_every_run_with_a_count_ends_and_what_ended_stays(fields: dict[str, int], outcomes: str) -> None:
    one = metric(**fields)
    run = through(one, outcomes + "S" * 10)
    assert run.outcome.ended or not one.count
    assert concluded(Plan((one,)), run, START + 99_999) == run or not run.outcome.ended
    if run.outcome is GOOD:
        assert run.results["errors"].failed <= one.failure_limit


@given(limits, st.text("SF?E", min_size=1, max_size=20))
def test_a_longer_look_never_turns_a_bad_run_into_a_good_one(fields: dict[str, int], outcomes: str) -> None:
    early, late = through(metric(**fields), outcomes[:-1]), through(metric(**fields), outcomes)
    assert not early.outcome.ended or early == late
