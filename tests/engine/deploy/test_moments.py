"""How long ago something was, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.cli.moments import ago

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        (timedelta(milliseconds=900), "now"),
        (timedelta(seconds=1.9), "1 second ago"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(seconds=119), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=13), "1 week ago"),
        (timedelta(days=59), "1 month ago"),
        (timedelta(days=720), "2 years ago"),
        (timedelta(seconds=-3), "now"),
    ],
)
def test_whole_units_of_the_largest_that_fits_are_told(spent: timedelta, said: str) -> None:
    assert ago(NOW - spent, NOW) == said
