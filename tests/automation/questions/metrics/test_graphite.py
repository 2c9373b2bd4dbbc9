"""Graphite against a loopback server."""

from __future__ import annotations

from automation.core.observation import Measured
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, measured, parameters, path, probed

QUERY = """
target=summarize(
  asPercent(errors.shop, all.shop),
  '5min', 'avg')
  &target=other&from=-5min
  &format=csv
"""


def test_a_query_of_several_lines_is_what_stands_behind_render() -> None:
    series = [{"datapoints": [[1, 1], [2.5, 2], [None, 3]]}, {"datapoints": [[None, 1]]}]
    found, asked = measured("graphite", Answer(body=series), QUERY)
    assert found == Measured(2.5, AT)
    assert (asked.method, path(asked), asked.body) == ("GET", "/render", "")
    assert parameters(asked) == [
        ("target", "summarize( asPercent(errors.shop, all.shop), '5min', 'avg')"),
        ("target", "other"),
        ("from", "-5min"),
        ("format", "json"),
    ]
    assert asked.headers["Authorization"] == "Basic YW5uOnB3"


def test_the_last_series_with_a_value_counts_and_numbers_may_be_texts() -> None:
    series = [{"datapoints": [[1, 1]]}, {"datapoints": [["7.5", 1], [None, 2]]}, {"datapoints": []}]
    assert measured("graphite", Answer(body=series))[0] == Measured(7.5, AT)


def test_nobody_is_authenticated_without_a_secret() -> None:
    _, asked = measured("graphite", Answer(body=[]), secret={}, headers={"X-Scope": "shop"})
    assert "Authorization" not in asked.headers
    assert asked.headers["X-Scope"] == "shop"


def test_the_probe_renders_a_series_that_need_not_be_there() -> None:
    said, asked = probed("graphite", Answer(body=[]))
    assert (said, path(asked), parameters(asked)) == ("", "/render", [("target", "test"), ("format", "json")])
