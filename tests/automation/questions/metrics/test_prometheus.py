"""The Prometheus adapter against a loopback server: requests asserted whole, answers told apart."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from automation.core.observation import Answer as Measurement
from automation.core.observation import Measured, NothingMeasured, QueryFailed, Taken
from automation.questions.metrics.access import Access
from automation.questions.metrics.exchange import LARGEST
from automation.questions.metrics.prometheus import Prometheus
from tests.automation.loopback import NOBODY, Answer, Asked, loopback

QUERY = 'sum(rate(hits{code!~"5.."}[1m]))'
DATED = f'({QUERY}\n) or label_replace(max(timestamp(hits{{code!~"5.."}})), "sluice_newest_sample", "yes", "", "")'
SAMPLED = {"metric": {"sluice_newest_sample": "yes"}, "value": [1000.5, "995"]}


def vector(*elements: Any) -> Answer:
    return Answer(body={"status": "success", "data": {"resultType": "vector", "result": list(elements)}})


def element(value: str) -> dict[str, Any]:
    return {"metric": {}, "value": [1000.5, value]}


def asked_query(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(urlsplit(asked.path).query)


def measure(answer: Answer, query: str = QUERY, **access: Any) -> tuple[Measurement, list[Asked]]:
    with loopback(lambda asked: answer) as server:
        prometheus = Prometheus(requests.Session(), Access(server.url, **access), pause=lambda seconds: None)
        return prometheus.measure(query, 1000.5), server.asked


def test_one_request_asks_for_the_value_and_the_time_of_its_newest_sample() -> None:
    answer, (asked,) = measure(vector(element("99.5"), SAMPLED))
    assert answer == Measured(99.5, 995.0)
    assert (asked.method, urlsplit(asked.path).path) == ("GET", "/api/v1/query")
    assert asked_query(asked) == {"query": [DATED], "time": ["1000.500"]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (vector(SAMPLED), NothingMeasured()),
        (vector(), NothingMeasured()),
        (vector(element("NaN"), SAMPLED), NothingMeasured()),
        (vector(element("+Inf"), SAMPLED), Measured(float("inf"), 995.0)),
        (vector(element("1"), element("2"), SAMPLED), Measured(2.0, 995.0)),
        (vector(element("7")), Measured(7.0, 1000.5)),
        (
            Answer(body={"data": {"resultType": "scalar", "result": [1000.5, "3"]}}),
            Measured(3.0, 1000.5),
        ),
        (
            Answer(body={"data": {"resultType": "matrix", "result": []}}),
            QueryFailed("query returned a matrix, not one value; aggregate it over its range"),
        ),
        (
            Answer(body="<html>"),
            QueryFailed("error unmarshaling result: '<html>' is no JSON"),
        ),
        (
            Answer(body={"data": {}}),
            QueryFailed("error unmarshaling result: the answer has no resultType"),
        ),
        (
            vector({"metric": {}, "value": [1000.5, "many"]}),
            QueryFailed(
                "error unmarshaling result: the answer.data.result[0].value[1] is text, not a number"
            ),
        ),
        (
            vector({"metric": {}, "histogram": [1000.5, {}]}),
            QueryFailed("error unmarshaling result: the answer.data.result[0].value is no time and value"),
        ),
        (
            Answer(302, headers={"Location": "http://elsewhere/x?query=q"}),
            QueryFailed(
                "it redirects to http://elsewhere/x, where no credentials are sent; give that as its address"
            ),
        ),
        (
            Answer(body="x" * (LARGEST + 1)),
            QueryFailed("its answer is longer than 4 MiB; aggregate the query to one value"),
        ),
        (
            Answer(400, {"status": "error", "error": "parse error"}),
            QueryFailed("error response: Status 400 Bad Request: parse error"),
        ),
        (
            Answer(503, "no endpoints"),
            QueryFailed("error response: Status 503 Service Unavailable: no endpoints", away=True),
        ),
        (
            Answer(503, NOBODY),
            QueryFailed(
                'error response: Status 503 Service Unavailable: no endpoints available for service "prometheus"',
                away=True,
            ),
        ),
    ],
    ids=[
        "a time and no value",
        "nothing at all",
        "not a number",
        "infinity is a number",
        "the last of several",
        "no time means now",
        "a scalar",
        "a matrix",
        "no answer of Prometheus",
        "an answer without data",
        "a value that is no number",
        "a histogram",
        "a redirect",
        "megabytes",
        "a wrong query",
        "nobody behind the gateway",
        "nobody behind the API server, which answers in its own form",
    ],
)
def test_answers_are_told_apart(answer: Answer, expected: Measurement) -> None:
    assert measure(answer)[0] == expected


def test_a_query_that_can_not_be_dated_is_asked_as_it_is() -> None:
    def respond(asked: Asked) -> Answer:
        if "label_replace" in asked_query(asked)["query"][0]:
            return Answer(400, {"error": "set operator not allowed"})
        return Answer(body={"data": {"resultType": "scalar", "result": [1000.5, "3"]}})

    with loopback(respond) as server:
        prometheus = Prometheus(requests.Session(), Access(server.url))
        assert prometheus.measure("scalar(hits{})", 1000.5) == Measured(3.0, 1000.5)
        assert [asked_query(asked)["query"] for asked in server.asked][1:] == [["scalar(hits{})"]]


def test_an_absent_server_is_tried_again_with_growing_pauses() -> None:
    pauses: list[float] = []
    with loopback(lambda asked: Answer(503, "starting")) as server:
        answer = Prometheus(requests.Session(), Access(server.url), pauses.append).measure(QUERY, 1.0)
        assert (len(server.asked), pauses) == (3, [0.2, 0.4])
    assert isinstance(answer, QueryFailed)
    assert answer.away


def test_nobody_listening_is_away() -> None:
    with loopback(lambda asked: Answer()) as server:
        address = server.url
    answer = Prometheus(requests.Session(), Access(address), lambda seconds: None).measure(QUERY, 1.0)
    assert isinstance(answer, QueryFailed)
    assert answer.away
    assert answer.detail.startswith("request failed: ")


@pytest.mark.parametrize(
    ("access", "name", "value"),
    [
        ({"secret": {"token": "t0ken"}}, "Authorization", "Bearer t0ken"),
        ({"secret": {"username": "ann", "password": "pw"}}, "Authorization", "Basic YW5uOnB3"),
        ({"headers": {"X-Scope-OrgID": "tenant"}}, "X-Scope-OrgID", "tenant"),
    ],
    ids=["a token", "user and password", "headers of one's own"],
)
def test_credentials_travel_with_every_request(access: dict[str, Any], name: str, value: str) -> None:
    _, (asked,) = measure(vector(element("1")), **access)
    assert asked.headers[name] == value


def test_the_probe_asks_for_a_constant() -> None:
    with loopback(lambda asked: vector(element("1"))) as server:
        assert Prometheus(requests.Session(), Access(server.url)).probe() == ""
        assert asked_query(server.asked[0]) == {"query": ["vector(1)"]}


def test_the_probe_says_what_is_wrong() -> None:
    with loopback(lambda asked: Answer(401, "who are you")) as server:
        told = Prometheus(requests.Session(), Access(server.url)).probe()
    assert told == (
        "prometheus not avaiable: error response: Status 401 Unauthorized: who are you; "
        "check the credentials in its Secret"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (vector(element("1"), element("2.5")), Taken([1.0, 2.5])),
        (vector(), Taken([])),
        (Answer(body={"data": {"resultType": "scalar", "result": [1000.5, "3"]}}), Taken(3.0)),
        (
            Answer(body={"data": {"resultType": "matrix", "result": []}}),
            QueryFailed("query returned a matrix, not values; aggregate it over its range"),
        ),
        (
            Answer(400, body={"error": "parse error"}),
            QueryFailed("error response: Status 400 Bad Request: parse error"),
        ),
    ],
    ids=["a vector", "an empty one", "a scalar", "a range", "an error"],
)
def test_an_analysis_takes_all_that_a_query_comes_to(answer: Answer, expected: Taken | QueryFailed) -> None:
    with loopback(lambda asked: answer) as server:
        prometheus = Prometheus(requests.Session(), Access(server.url), pause=lambda seconds: None)
        assert prometheus.take(QUERY, 1000.5) == expected
        assert asked_query(server.asked[0]) == {"query": [QUERY], "time": ["1000.500"]}
