"""Points in time as queries over a range have them."""

from __future__ import annotations

import pytest

from automation.core.instants import Instant


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now()", 1000.0),
        ('now() - duration("5m")', 700.0),
        ("now() - duration('1m30s') + duration('1s')", 911.0),
        (' now()-duration("1s") ', 999.0),
        ('date("1970-01-01T00:01:00Z")', 60.0),
        ('date("1970-01-01T00:01:00Z") + duration("1m")', 120.0),
    ],
)
def test_a_point_is_now_or_a_date_and_some_time_from_it(text: str, at: float) -> None:
    assert Instant.parse(text).at(1000.0) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "now", 'now() - duration("soon")', "now() * 2", 'now() - "5m"', 'date("x")']
)
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Instant.parse(text)
