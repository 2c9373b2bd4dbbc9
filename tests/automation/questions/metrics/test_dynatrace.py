"""Dynatrace against a loopback server."""

from __future__ import annotations

from automation.core.observation import Measured
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, measured, parameters, path, probed


def test_ten_intervals_are_asked_for_and_the_first_value_of_the_last_series_counts() -> None:
    data = [{"values": [9.0]}, {"values": [0.5, 0.7]}]
    found, asked = measured("dynatrace", Answer(body={"result": [{"data": data}, {"data": []}]}))
    assert found == Measured(0.5, AT)
    assert (asked.method, path(asked), asked.body) == ("GET", "/api/v2/metrics/query", "")
    assert parameters(asked) == [
        ("metricSelector", "q"),
        ("resolution", "Inf"),
        ("from", "1699999400000"),
        ("to", "1700000000000"),
    ]
    assert asked.headers["Authorization"] == "Api-Token t0ken"


def test_the_probe_lists_one_metric() -> None:
    said, asked = probed("dynatrace", Answer(body={"metrics": []}))
    assert (said, path(asked), parameters(asked)) == ("", "/api/v2/metrics", [("pageSize", "1")])
    assert asked.headers["Authorization"] == "Api-Token t0ken"
