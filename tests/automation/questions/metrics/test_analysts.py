"""What analyses ask of vendors, against a loopback server: requests asserted whole, and what is measured."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from automation.core.conditions.condition import Condition
from automation.core.decision import Take
from automation.core.kinds import SECRET
from automation.core.observation import QueryFailed, Taken, TakenAnswer
from automation.core.runs.metric import Metric
from automation.inmemory.cluster import MemoryCluster
from automation.questions.metrics import cloudwatch
from automation.questions.metrics.analysts import ANALYSTS
from automation.questions.metrics.newrelic import NERDGRAPH
from automation.questions.metrics.order import Order
from automation.questions.taking import Taking
from tests.automation.loopback import Answer, Asked, loopback
from tests.automation.questions.metrics import test_cloudwatch as aws
from tests.automation.questions.metrics.asking import AT, parameters, path
from tests.automation.questions.metrics.test_influxdb import DIALECT, table
from tests.core.documents import canary

SERVER = "http://SERVER"
"""Stands for the loopback server's address, which is known late."""
SECRETS: Mapping[str, Mapping[str, str]] = {
    "datadog": {"api-key": "api", "app-key": "app", "address": SERVER},
    "influxdb": {"address": SERVER, "authToken": "t0ken", "org": "shop"},
    "newRelic": {"personal-api-key": "key", "account-id": "51312", "base-url-nerdgraph": f"{SERVER}/graphql"},
    "wavefront": {SERVER: "t0ken"},
}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "datadog": {"query": "q"},
    "graphite": {"query": "target=q", "address": SERVER},
    "influxdb": {"query": "q"},
    "newRelic": {"query": "q"},
    "wavefront": {"query": "q", "address": SERVER},
}


def taken(
    vendor: str, answer: Answer, settings: Mapping[str, Any] | None = None, **secret: str
) -> tuple[TakenAnswer, list[Asked]]:
    """What a metric measures at unix second AT, and how it asked, with a Secret of the release's namespace."""
    with loopback(lambda asked: answer) as server:
        told = json.dumps({**SETTINGS[vendor], **(settings or {})}).replace(SERVER, server.url)
        cluster = MemoryCluster()
        if known := {**SECRETS.get(vendor, {}), **secret}:
            keys = {
                name.replace(SERVER, server.url): text.replace(SERVER, server.url)
                for name, text in known.items()
            }
            data = {name: base64.b64encode(text.encode()).decode() for name, text in keys.items()}
            name = ANALYSTS[vendor].secret_of(json.loads(told))
            cluster.put(SECRET, {"metadata": {"namespace": "test", "name": name}, "data": data})
        taking = Taking(cluster, requests.Session(), "http://nowhere")
        found = taking.take(canary(), Take("background", Metric("m", vendor, json.loads(told))), AT, {})
        return found, server.asked


SERIES = {"series": [{"pointlist": [[1, 0.5], [2, 0.7]]}, {"pointlist": [[1, 9]]}]}
KEYS = {"DD-API-KEY": "api", "DD-APPLICATION-KEY": "app"}


def test_datadogs_first_version_gives_the_newest_value_of_the_first_series() -> None:
    found, [asked] = taken("datadog", Answer(body=SERIES), {"interval": "1m"})
    assert found == Taken(0.7)
    assert (asked.method, path(asked)) == ("GET", "/api/v1/query")
    assert parameters(asked) == [("query", "q"), ("from", "1699999940"), ("to", "1700000000")]
    assert KEYS.items() <= asked.headers.items()


@pytest.mark.parametrize("body", [{"series": []}, {"series": [{"pointlist": []}]}])
def test_datadogs_first_version_without_data_is_nothing(body: Any) -> None:
    assert taken("datadog", Answer(body=body))[0] == Taken(None)


def columns(*listed: Mapping[str, Any], errors: str = "") -> Answer:
    return Answer(body={"data": {"attributes": {"columns": list(listed)}, "errors": errors}})


NUMBERS = {"name": "a", "type": "number", "values": [0.5, None, 0.7]}
GROUPS = {"name": "host", "type": "group", "values": [["x"], ["y"], ["z"]]}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (columns(NUMBERS), 0.5),
        (columns({"values": [0.5]}), 0.5),
        (columns(GROUPS, NUMBERS), [0.5, 0.7]),
        (columns(GROUPS, {**NUMBERS, "values": [0.5]}), [0.5]),
        (columns(GROUPS, {**NUMBERS, "values": [None]}), None),
        (columns(), None),
    ],
    ids=["a number", "a column of no type", "groups", "one group", "no data", "no columns"],
)
def test_datadogs_second_version_gives_a_number_or_one_of_each_group(answer: Answer, value: Any) -> None:
    settings = {"apiVersion": "v2", "query": "", "queries": {"a": "x", "b": "y"}, "formula": "a / b"}
    found, [asked] = taken("datadog", answer, settings)
    assert found == Taken(value)
    assert (asked.method, asked.path) == ("POST", "/api/v2/query/scalar")
    assert json.loads(asked.body) == {
        "data": {
            "type": "scalar_request",
            "attributes": {
                "from": 1699999700000,
                "to": 1700000000000,
                "queries": [
                    {"aggregator": "last", "data_source": "metrics", "name": "a", "query": "x"},
                    {"aggregator": "last", "data_source": "metrics", "name": "b", "query": "y"},
                ],
                "formulas": [{"formula": "a / b"}],
            },
        }
    }
    assert {**KEYS, "Content-Type": "application/json"}.items() <= asked.headers.items()


def test_one_query_of_datadogs_second_version_is_called_query() -> None:
    _, [asked] = taken("datadog", columns(NUMBERS), {"apiVersion": "v2", "aggregator": "avg"})
    attributes = json.loads(asked.body)["data"]["attributes"]
    assert attributes["queries"] == [
        {"aggregator": "avg", "data_source": "metrics", "name": "query", "query": "q"}
    ]
    assert attributes["formulas"] == []


@pytest.mark.parametrize(
    ("version", "answer", "why"),
    [
        ("v1", Answer(body={"status": "error", "error": "no such metric"}), "error response: no such metric"),
        ("v2", columns(errors="no such metric"), "There were errors in your query: no such metric"),
        (
            "v2",
            columns({**NUMBERS, "values": ["x"]}),
            "error unmarshaling result: the answer.data.attributes.columns[0].values[0] is text, not a number",
        ),
    ],
)
def test_what_datadog_says_is_wrong_is_told(version: str, answer: Answer, why: str) -> None:
    assert taken("datadog", answer, {"apiVersion": version})[0] == QueryFailed(f"Datadog: {why}")


def results(*listed: Any) -> Answer:
    return Answer(body={"data": {"actor": {"account": {"nrql": {"results": list(listed)}}}}})


@pytest.mark.parametrize(
    ("answer", "value"),
    [(results({"average": 0.5}), {"average": 0.5}), (results({"x": 1}, {"x": 2}), [{"x": 1}, {"x": 2}])],
)
def test_new_relic_gives_the_fields_of_its_result_or_a_list_of_them(answer: Answer, value: Any) -> None:
    found, [asked] = taken("newRelic", answer, {"timeout": 7})
    assert found == Taken(value)
    assert (asked.method, asked.path, asked.headers["API-Key"]) == ("POST", "/graphql", "key")
    told = json.loads(asked.body)
    assert told["variables"] == {"query": "q", "accountId": 51312, "timeout": 7}
    assert "nrql(query: $query, timeout: $timeout) { results }" in told["query"]


@pytest.mark.parametrize(
    ("answer", "secret", "why"),
    [
        (results(), {}, "no results returned from NRQL query"),
        (results({}), {}, "no results returned from NRQL query"),
        (Answer(body={"data": None, "errors": [{"message": "bad NRQL"}]}), {}, "error response: bad NRQL"),
        (Answer(), {"account-id": "mine"}, "account-id of its Secret is no whole number"),
        (
            Answer(),
            {"base-url-nerdgraph": "", "region": "Mars"},
            "region 'mars' of its Secret is not known; use one of us, eu, staging",
        ),
    ],
)
def test_what_new_relic_lacks_is_told(answer: Answer, secret: dict[str, str], why: str) -> None:
    assert taken("newRelic", answer, **secret)[0] == QueryFailed(f"New Relic: {why}")


def test_new_relic_has_a_server_in_each_region() -> None:
    assert NERDGRAPH["eu"] == "https://api.eu.newrelic.com/graphql"


def test_graphite_gives_all_values_of_the_first_series() -> None:
    series = [{"datapoints": [[0.5, 1], [None, 2], ["0.7", 3]]}, {"datapoints": [[9, 1]]}]
    found, [asked] = taken("graphite", Answer(body=series), {"query": "target=sum(\n  a, b)&from=-5min"})
    assert found == Taken([0.5, 0.7])
    assert (asked.method, path(asked)) == ("GET", "/render")
    assert parameters(asked) == [("target", "sum(a,b)"), ("from", "-5min"), ("format", "json")]


def test_graphite_without_a_series_is_an_error() -> None:
    assert taken("graphite", Answer(body=[]))[0] == QueryFailed("Graphite: no values found")


def test_influxdb_gives_the_values_of_all_records() -> None:
    found, [asked] = taken("influxdb", Answer(body=table("double", "0.5", "") + table("string", "x")))
    assert found == Taken([0.5, None, "x"])
    assert (asked.method, path(asked), parameters(asked)) == ("POST", "/api/v2/query", [("org", "shop")])
    assert json.loads(asked.body) == {"query": "q", "type": "flux", "dialect": DIALECT}
    assert asked.headers["Authorization"] == "Token t0ken"


def test_influxdb_without_a_record_is_an_error() -> None:
    assert taken("influxdb", Answer(body=""))[0] == QueryFailed(
        "InfluxDB: no results returned from flux query"
    )


NEAR = {"data": [[AT - 60, 9.0], [AT - 1, 0.5], [AT + 30, 8.0]]}


@pytest.mark.parametrize(
    ("series", "value"), [([NEAR], 0.5), ([NEAR, {"data": [[AT, 0.7]]}, {"data": []}], [0.5, 0.7])]
)
def test_wavefront_gives_what_was_next_to_the_moment_of_the_question(series: Any, value: Any) -> None:
    found, [asked] = taken("wavefront", Answer(body={"timeseries": series}))
    assert found == Taken(value)
    assert (asked.method, path(asked)) == ("GET", "/api/v2/chart/api")
    assert parameters(asked) == [
        ("q", "q"),
        ("s", "1700000000000"),
        ("e", "1700000000000"),
        ("p", "1"),
        ("g", "s"),
        ("i", "true"),
    ]
    assert asked.headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"timeseries": []}, "No TimeSeries found in response from Wavefront"),
        (
            {"errorType": "QuerySyntaxError", "errorMessage": "no such function"},
            "error response: no such function",
        ),
    ],
)
def test_what_wavefront_lacks_is_told(body: Any, why: str) -> None:
    assert taken("wavefront", Answer(body=body))[0] == QueryFailed(f"Wavefront: {why}")


def test_wavefront_has_a_token_for_each_address() -> None:
    found, asked = taken("wavefront", Answer(), {"address": "elsewhere.wavefront.com"})
    assert found == QueryFailed(
        "Wavefront: its Secret has no key elsewhere.wavefront.com, which is to hold the token for that address"
    )
    assert asked == []


def test_cloudwatch_gives_its_results_as_conditions_name_their_fields() -> None:
    queries = [{"id": "rate", "expression": "a / b", "period": "300", "returnData": True}]
    with loopback(lambda request: aws.answer("0.5", "0.7")) as server:
        order = Order(requests.Session(), {"interval": "1m", "metricDataQueries": queries}, {}, AT)
        environment = {"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_CLOUDWATCH": server.url}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", "AKID")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
            found = cloudwatch.take(order, environment)
        [asked] = server.asked
    assert dict(parse_qsl(asked.body)) == {
        "Action": "GetMetricData",
        "Version": "2010-08-01",
        "StartTime": "2023-11-14T22:12:20Z",
        "EndTime": "2023-11-14T22:13:20Z",
        "MetricDataQueries.member.1.Id": "rate",
        "MetricDataQueries.member.1.Expression": "a / b",
        "MetricDataQueries.member.1.Period": "300",
        "MetricDataQueries.member.1.ReturnData": "true",
    }
    assert "/eu-central-1/monitoring/aws4_request" in asked.headers["Authorization"]
    assert Condition.parse("len(result[0].Values) >= 2 and all(result[0].Values, {# <= 0.7})").holds(found)


def test_cloudwatch_needs_a_region() -> None:
    order = Order(requests.Session(), {"metricDataQueries": []}, {}, AT)
    with pytest.raises(Exception, match="no region is named; set AWS_REGION for the driver"):
        cloudwatch.take(order, {})


@pytest.mark.parametrize("vendor", SECRETS)
def test_a_secret_that_is_not_there_is_told(vendor: str) -> None:
    taking = Taking(MemoryCluster(), requests.Session(), "http://nowhere")
    settings = (
        {**SETTINGS[vendor], "address": "http://127.0.0.1:1"} if vendor == "wavefront" else SETTINGS[vendor]
    )
    found = taking.take(canary(), Take("background", Metric("m", vendor, settings)), AT, {})
    analyst = ANALYSTS[vendor]
    assert found == QueryFailed(
        f"{analyst.vendor}: Secret {analyst.secret}.test is not there; it has its credentials"
    )


def test_a_key_that_a_secret_lacks_is_told() -> None:
    cluster = MemoryCluster()
    cluster.put(SECRET, {"metadata": {"namespace": "test", "name": "mine"}, "data": {"api-key": "eA=="}})
    metric = Metric("m", "datadog", {"query": "q", "secretRef": {"name": "mine"}})
    taking = Taking(cluster, requests.Session(), "http://nowhere")
    found = taking.take(canary(), Take("background", metric), AT, {})
    assert found == QueryFailed("Datadog: Secret mine.test has no key app-key; add it")


@pytest.mark.parametrize("vendor", SETTINGS)
def test_a_vendor_that_asks_for_patience_is_asked_once_a_tick(vendor: str) -> None:
    away: dict[str, QueryFailed] = {}
    with loopback(lambda request: Answer(429, "slowly")) as server:
        told = json.loads(json.dumps([SETTINGS[vendor], SECRETS.get(vendor, {})]).replace(SERVER, server.url))
        cluster = MemoryCluster()
        data = {name: base64.b64encode(text.encode()).decode() for name, text in told[1].items()}
        cluster.put(
            SECRET, {"metadata": {"namespace": "test", "name": ANALYSTS[vendor].secret}, "data": data}
        )
        taking = Taking(cluster, requests.Session(), "http://nowhere")
        found = {
            taking.take(canary(), Take("background", Metric(name, vendor, told[0])), AT, away)
            for name in "ab"
        }
        assert len(server.asked) == 1
    assert found == {
        QueryFailed(
            f"{ANALYSTS[vendor].vendor}: error response: Status 429 Too Many Requests: slowly; it is asked again",
            away=True,
        )
    }
