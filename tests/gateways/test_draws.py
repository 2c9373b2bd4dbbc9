"""Patterns that draw a share of all requests by their ids."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.draws import drawing, drawn_by

BEGINNINGS = [f"{number:04x}" for number in range(16**4)]
REST = "0" * 28


@pytest.mark.parametrize(
    ("weight", "pattern"),
    [(0, "^[^0123456789abcdef]"), (25, "^([0123])"), (50, "^([01234567])"), (100, "^")],
)
def test_patterns_that_are_read_at_a_glance(weight: int, pattern: str) -> None:
    assert drawing(weight) == pattern


@pytest.mark.parametrize("weight", range(101))
def test_a_pattern_draws_its_share_exactly_and_is_read_back(weight: int) -> None:
    matches = re.compile(drawing(weight)).search
    assert sum(1 for beginning in BEGINNINGS if matches(beginning + REST)) == round(weight * 655.36)
    assert drawn_by(drawing(weight)) == weight


@given(st.integers(0, 99), st.text("0123456789abcdef", min_size=32, max_size=32))
def test_who_is_drawn_is_drawn_at_every_greater_weight(weight: int, request_id: str) -> None:
    if re.search(drawing(weight), request_id):
        assert re.search(drawing(weight + 1), request_id)


def test_another_pattern_is_no_share() -> None:
    assert drawn_by("^(0)") is None


@pytest.mark.parametrize("weight", [-1, 101])
def test_only_whole_percentages_are_drawn(weight: int) -> None:
    with pytest.raises(KeyError):
        drawing(weight)
