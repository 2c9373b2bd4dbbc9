"""InfluxDB against a loopback server."""

from __future__ import annotations

import json

import pytest

from automation.core.observation import Measured, NothingMeasured, QueryFailed
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, measured, parameters, path, probed

QUERY = 'from(bucket: "shop") |> range(start: -1m)'
DIALECT = {"annotations": ["datatype", "group", "default"], "delimiter": ",", "header": True}


def table(kind: str, *values: str) -> str:
    rows = "".join(f",,0,{value},shop\r\n" for value in values)
    head = f"#datatype,string,long,{kind},string\r\n#group,false,false,false,true\r\n#default,_result,,,\r\n"
    return f"{head},result,table,_value,app\r\n{rows}\r\n"


def test_a_flux_query_is_posted_and_the_value_of_its_first_record_counts() -> None:
    found, asked = measured(
        "influxdb", Answer(body=table("double", "99.5", "1") + table("double", "2")), QUERY
    )
    assert found == Measured(99.5, AT)
    assert (asked.method, path(asked), parameters(asked)) == ("POST", "/api/v2/query", [("org", "shop")])
    assert json.loads(asked.body) == {"query": QUERY, "type": "flux", "dialect": DIALECT}
    assert (asked.headers["Authorization"], asked.headers["Content-Type"]) == (
        "Token t0ken",
        "application/json",
    )


def test_nobody_is_authenticated_without_a_secret() -> None:
    _, asked = measured("influxdb", Answer(body=table("double", "1")), secret={})
    assert "Authorization" not in asked.headers
    assert parameters(asked) == []


@pytest.mark.parametrize("kind", ["long", "unsignedLong", "double"])
def test_an_integer_is_a_number(kind: str) -> None:
    assert measured("influxdb", Answer(body=table(kind, "7")))[0] == Measured(7.0, AT)


def test_no_rows_are_no_data_and_not_zero() -> None:
    assert measured("influxdb", Answer(body="\r\n"))[0] == NothingMeasured()
    assert measured("influxdb", Answer(body=table("double")))[0] == NothingMeasured()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (table("string", "seven"), "_value of the first record is 'seven', not a number"),
        (table("boolean", "true"), "_value of the first record is True, not a number"),
        (table("double", "seven"), "_value 'seven' is no double"),
        (
            "#datatype,string\r\n#group,true\r\n#default,\r\n,host\r\n,a\r\n",
            "a record has no _value, but host",
        ),
    ],
)
def test_a_value_that_is_no_number_is_a_failure(body: str, why: str) -> None:
    assert measured("influxdb", Answer(body=body))[0] == QueryFailed(f"error unmarshaling result: {why}")


def test_a_field_that_is_longer_than_any_value_is_a_failure() -> None:
    found, _ = measured("influxdb", Answer(body=table("string", "x" * 200_000)))
    assert isinstance(found, QueryFailed)
    assert found.detail.endswith("is no CSV: field larger than field limit (131072)")


@pytest.mark.parametrize("head", ["#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n", ""])
def test_an_error_that_comes_as_a_table_is_a_failure(head: str) -> None:
    body = f'{head},error,reference\r\n,"failed, sadly",897\r\n'
    assert measured("influxdb", Answer(body=body))[0] == QueryFailed("error response: failed, sadly")


def test_the_probe_asks_for_a_bucket() -> None:
    body = "#datatype,string\r\n#group,true\r\n#default,\r\n,name\r\n,shop\r\n"
    said, asked = probed("influxdb", Answer(body=body))
    assert (said, json.loads(asked.body)["query"]) == ("", "buckets() |> limit(n: 1)")
