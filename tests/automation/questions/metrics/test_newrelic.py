"""New Relic against a loopback server."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.observation import Measured
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, measured, parameters, path, probed

QUERY = "SELECT percentage(count(*), WHERE error IS true) FROM Transaction\n"


@pytest.mark.parametrize("result", [{"result": 0.5}, {"average": 0.5}, {"begin": 1, "result": "0.5"}])
def test_the_interval_is_appended_to_the_query_and_the_one_result_counts(result: dict[str, Any]) -> None:
    found, asked = measured("newrelic", Answer(body={"results": [result]}), QUERY)
    assert found == Measured(0.5, AT)
    assert (asked.method, path(asked), asked.body) == ("GET", "/v1/accounts/51312/query", "")
    assert parameters(asked) == [("nrql", f"{QUERY.strip()} SINCE 60 seconds ago")]
    assert asked.headers["X-Query-Key"] == "key"


def test_the_probe_counts_a_minutes_metrics() -> None:
    said, asked = probed("newrelic", Answer(body={"results": [{"count": 1}]}))
    assert (said, path(asked)) == ("", "/v1/accounts/51312/query")
    assert parameters(asked) == [("nrql", "SELECT count(*) FROM Metric SINCE 60 seconds ago")]
