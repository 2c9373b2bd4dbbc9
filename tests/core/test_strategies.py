"""Where the canary's weight goes next: a table, and what holds for every document."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.progress import Progress
from automation.core.spec import Analysis
from automation.core.strategies.registry import STRATEGIES
from automation.core.traffic import Traffic

WEIGHTED = STRATEGIES["weighted"]
LISTED = Analysis(step_weights=(1, 5, 20, 60))


@pytest.mark.parametrize(
    ("analysis", "current", "following"),
    [
        (Analysis(step_weight=10, max_weight=50), 0, 10),
        (Analysis(step_weight=10, max_weight=50), 40, 50),
        (Analysis(step_weight=20, max_weight=50), 40, 50),
        (Analysis(step_weight=30), 90, 100),
        (Analysis(step_weight=60, max_weight=50), 0, 50),
        (Analysis(step_weight=10, max_weight=50, step_weights=(5,)), 0, 10),
        (LISTED, 0, 1),
        (LISTED, 5, 20),
        (LISTED, 20, 60),
        (LISTED, 37, 20),
        (LISTED, 99, 60),
        (Analysis(step_weights=(10, 20)), 4, 10),
    ],
    ids=[
        "the first step",
        "the last step",
        "maxWeight is not overshot",
        "100 is not overshot",
        "a step beyond maxWeight is cut",
        "stepWeight counts before stepWeights",
        "the first of a list",
        "the next of a list",
        "the last of a list",
        "a weight not in the list goes to the next lower step",
        "a weight above the list goes to its last step",
        "a weight below the list goes to its first step",
    ],
)
def test_the_next_weight(analysis: Analysis, current: int, following: int) -> None:
    assert WEIGHTED.next(analysis, Progress(Traffic(current))) == Progress(Traffic(following))


def test_chosen_requests_go_to_the_canary_beside_every_weight_and_first_back_to_primary() -> None:
    analysis = Analysis(step_weight=25, max_weight=50, step_weight_promotion=10, chosen=("{}",))
    first = WEIGHTED.next(analysis, Progress(Traffic()))
    assert first.traffic == Traffic(25, managed=("{}",))
    assert WEIGHTED.next(analysis, first).traffic == Traffic(50, managed=("{}",))
    assert WEIGHTED.next(replace(analysis, mirror=100), Progress(Traffic())).traffic == Traffic(mirror=100)
    assert WEIGHTED.back(analysis, Traffic(50, managed=("{}",))) == Traffic(40)


@pytest.mark.parametrize(
    ("analysis", "expected"),
    [
        (Analysis(step_weight=10), 100),
        (Analysis(step_weight=10, max_weight=50), 50),
        (Analysis(step_weights=(10, 30), max_weight=50), 30),
        (Analysis(step_weight=5, step_weights=(10, 30), max_weight=50), 50),
    ],
    ids=["100 unless told", "maxWeight", "the last of a list", "maxWeight where stepWeight counts"],
)
def test_the_weight_of_promotion(analysis: Analysis, expected: int) -> None:
    reached = [weight for weight in range(101) if WEIGHTED.ended(analysis, Progress(Traffic(weight)))]
    assert reached == [*range(expected, 101)]


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [(0, 50, 0), (20, 50, 30), (20, 10, 0)],
    ids=["at once", "one step", "never below zero"],
)
def test_the_way_back(step: int, before: int, after: int) -> None:
    assert WEIGHTED.back(Analysis(step_weight_promotion=step), Traffic(before)) == Traffic(after)


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    steps = draw(st.lists(st.integers(1, 100), unique=True, max_size=6).map(sorted))
    return Analysis(
        step_weight=draw(st.integers(0 if steps else 1, 100)),
        step_weights=tuple(steps),
        max_weight=draw(st.integers(1, 100)),
        step_weight_promotion=draw(st.integers(0, 100)),
    )


@given(analyses())
def test_weights_rise_to_the_limit_and_never_beyond(analysis: Analysis) -> None:
    at = Progress()
    for _ in range(101):
        if WEIGHTED.ended(analysis, at):
            break
        following = WEIGHTED.next(analysis, at)
        assert at.traffic.canary < following.traffic.canary
        at = following
    assert WEIGHTED.ended(analysis, at)
    assert WEIGHTED.next(analysis, at) == at


@given(analyses(), st.integers(0, 100))
def test_every_split_is_whole_and_in_bounds(analysis: Analysis, weight: int) -> None:
    forward = WEIGHTED.next(analysis, Progress(Traffic(weight))).traffic
    for traffic in (forward, WEIGHTED.back(analysis, Traffic(weight))):
        assert traffic.primary + traffic.canary == 100


@pytest.mark.parametrize(
    ("analysis", "declared"),
    [
        (Analysis(step_weight=10, max_weight=50), {"stepWeight": 10, "maxWeight": 50}),
        (LISTED, {"stepWeights": [1, 5, 20, 60]}),
    ],
    ids=["a step", "a list"],
)
def test_what_a_document_declares(analysis: Analysis, declared: dict[str, object]) -> None:
    assert WEIGHTED.declared(analysis) == declared


@pytest.mark.parametrize(
    "traffic",
    [
        Traffic(),
        Traffic(30),
        Traffic(
            100, match=('{"headers":{"x-canary":{"exact":"yes"}}}',), mirror=10, affinity="abc", expired="xyz"
        ),
    ],
    ids=["all on primary", "a share", "with everything"],
)
def test_traffic_is_read_back_as_it_was_written(traffic: Traffic) -> None:
    assert Traffic.parse(traffic.document()) == traffic


def test_traffic_that_is_only_weighted_says_its_weights_alone() -> None:
    assert Traffic(30).document() == {"primary": 70, "canary": 30}


@pytest.mark.parametrize("canary", [-1, 101])
def test_a_weight_out_of_bounds_can_not_be_made(canary: int) -> None:
    with pytest.raises(ValueError, match="whole percentage"):
        Traffic(canary)


def test_weights_that_do_not_sum_to_100_can_not_be_read() -> None:
    with pytest.raises(ValueError, match="sum to 100"):
        Traffic.parse({"primary": 50, "canary": 49})
