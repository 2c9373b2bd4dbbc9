"""What an answer says about the canary, to the letter."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.durations import shown
from automation.core.observation import Answer, Measured, NothingMeasured, QueryFailed
from automation.core.spec import MetricCheck, TemplateRef
from automation.core.verdict import doubt, judge
from tests.core.documents import canary

RATE = MetricCheck("request-success-rate", minimum=99.0)
DURATION = MetricCheck("request-duration", maximum=500.0)
INLINE = MetricCheck("errors", query="q", maximum=10.0)
TEMPLATE = MetricCheck("404s percentage", template=TemplateRef("t", "test"), maximum=5.0)
NOT_RECEIVING = "probably podinfo.test is not receiving traffic"


def at(value: float) -> Measured:
    return Measured(value, 1.0)


@pytest.mark.parametrize(
    ("check", "answer", "text"),
    [
        (RATE, at(98.0), "Halt podinfo.test advancement success rate 98.00% < 99%"),
        (RATE, at(0.0), "Halt podinfo.test advancement success rate 0.00% < 99%"),
        (RATE, at(-math.inf), "Halt podinfo.test advancement success rate -Inf% < 99%"),
        (
            MetricCheck("request-success-rate", maximum=99.5),
            at(100.0),
            "Halt podinfo.test advancement success rate 100.00% > 99.5%",
        ),
        (DURATION, at(1200.0), "Halt podinfo.test advancement request duration 1.2s > 500ms"),
        (DURATION, at(math.inf), "Halt podinfo.test advancement request duration +Inf > 500ms"),
        (
            MetricCheck("request-duration", minimum=1000.0),
            at(20.9),
            "Halt podinfo.test advancement request duration 20ms < 1s",
        ),
        (INLINE, at(12.0), "Halt podinfo.test advancement errors 12.00 > 10"),
        (TEMPLATE, at(97.654), "Halt podinfo.test advancement 404s percentage 97.65 > 5"),
        (
            RATE,
            NothingMeasured(),
            f"Halt advancement no values found for apisix metric request-success-rate {NOT_RECEIVING}: "
            "running query failed: no values found",
        ),
        (
            DURATION,
            NothingMeasured(),
            f"Halt advancement no values found for apisix metric request-duration {NOT_RECEIVING}",
        ),
        (INLINE, NothingMeasured(), "Halt advancement no values found for metric: errors"),
        (
            TEMPLATE,
            NothingMeasured(),
            "Halt advancement no values found for custom metric: 404s percentage: no values found",
        ),
        (RATE, QueryFailed("E"), "Prometheus query failed: running query failed: E"),
        (INLINE, QueryFailed("E"), "Prometheus query failed for errors: E"),
        (TEMPLATE, QueryFailed("E"), "Metric query failed for 404s percentage: E"),
        (MetricCheck("m", query="q", maximum=0.0), at(0.01), "Halt podinfo.test advancement m 0.01 > 0"),
    ],
    ids=[
        "success rate too low",
        "no success at all",
        "minus infinity",
        "success rate too high",
        "too slow",
        "infinitely slow fails a maximum",
        "too fast",
        "inline too high",
        "template too high",
        "no success rate",
        "no duration",
        "no inline value",
        "no template value",
        "built-in query failed",
        "inline query failed",
        "template query failed",
        "without a range anything above zero fails",
    ],
)
def test_a_failed_check_in_the_models_words(check: MetricCheck, answer: Answer, text: str) -> None:
    result = judge(canary(), check, answer)
    assert (result.passed, result.detail) == (False, text)


@pytest.mark.parametrize(
    ("check", "value"),
    [(RATE, 99.0), (RATE, 100.0), (DURATION, 500.0), (DURATION, 0.0), (INLINE, 10.0), (INLINE, -math.inf)],
    ids=[
        "the minimum itself",
        "above it",
        "the maximum itself",
        "below it",
        "inline maximum",
        "minus infinity",
    ],
)
def test_bounds_are_inclusive(check: MetricCheck, value: float) -> None:
    assert judge(canary(), check, at(value)).passed


def test_not_a_number_is_nothing_measured() -> None:
    assert not judge(canary(), INLINE, at(math.nan)).passed


@given(st.floats(allow_nan=False), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_what_passes_lies_within_the_bounds(value: float, one: float, other: float) -> None:
    check = MetricCheck("m", query="q", minimum=min(one, other), maximum=max(one, other))
    assert judge(canary(), check, at(value)).passed == (min(one, other) <= value <= max(one, other))


@pytest.mark.parametrize(
    ("check", "answer", "part"),
    [
        (TEMPLATE, at(98.5), "It seems to measure the share of good requests"),
        (INLINE, at(3000.0), "Mend its query or its thresholdRange"),
        (INLINE, at(3.0), ""),
        (INLINE, NothingMeasured(), ""),
        (RATE, at(1.0), ""),
    ],
    ids=[
        "a share of good requests",
        "another unit",
        "fine",
        "nothing to go by",
        "built-in ones are not doubted",
    ],
)
def test_a_check_that_fails_on_the_healthy_primary_is_doubted(
    check: MetricCheck, answer: Answer, part: str
) -> None:
    told = doubt(check, {check: answer})
    assert part in told
    assert bool(told) == bool(part)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (500, "500ms"),
        (1000, "1s"),
        (1200, "1.2s"),
        (62_500, "1m2.5s"),
        (60_000, "1m0s"),
        (3_600_000, "1h0m0s"),
        (-1500, "-1.5s"),
    ],
)
def test_durations_are_shown_as_the_model_shows_them(milliseconds: int, text: str) -> None:
    assert shown(milliseconds) == text
