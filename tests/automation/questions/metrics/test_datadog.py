"""Datadog against a loopback server."""

from __future__ import annotations

import pytest

from automation.core.observation import Measured, QueryFailed
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, measured, parameters, path, probed

KEYS = {"DD-API-KEY": "api", "DD-APPLICATION-KEY": "app"}


def test_ten_intervals_are_asked_for_and_the_oldest_value_of_the_first_series_counts() -> None:
    first = {"pointlist": [[1.0, 0.5], [2.0, 0.7]]}
    found, asked = measured(
        "datadog", Answer(body={"status": "ok", "series": [first, {"pointlist": [[1.0, 9.0]]}]})
    )
    assert found == Measured(0.5, AT)
    assert (asked.method, path(asked), asked.body) == ("GET", "/api/v1/query", "")
    assert parameters(asked) == [("query", "q"), ("from", "1699999400"), ("to", "1700000000")]
    assert KEYS.items() <= asked.headers.items()


def test_a_point_without_a_value_is_passed_over() -> None:
    series = {"pointlist": [[1.0, None], [2.0, 0.7]]}
    assert measured("datadog", Answer(body={"series": [series]}))[0] == Measured(0.7, AT)


def test_an_error_within_a_good_answer_is_a_failure() -> None:
    found, _ = measured(
        "datadog", Answer(body={"status": "error", "error": "Rule 'q' didn't match", "series": []})
    )
    assert found == QueryFailed("error response: Rule 'q' didn't match")


@pytest.mark.parametrize(("answer", "said"), [(Answer(body={"valid": True}), "")])
def test_the_probe_validates_the_keys(answer: Answer, said: str) -> None:
    found, asked = probed("datadog", answer)
    assert (found, path(asked)) == (said, "/api/v1/validate")
    assert KEYS.items() <= asked.headers.items()
