"""CloudWatch against a loopback server; AWS' own library says how a request is written and signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from moto.server import ThreadedMotoServer

from automation.core.observation import Measured, NothingMeasured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.cloudwatch import CloudWatch
from automation.questions.metrics.sigv4 import Keys, keys_of
from tests.automation.loopback import Answer, Asked, loopback
from tests.automation.questions.metrics.asking import AT, MINUTE, measured, probed

QUERIES = [
    {"Id": "e1", "Expression": "m1 / m2", "Label": "error rate"},
    {
        "Id": "m1",
        "MetricStat": {
            "Metric": {
                "Namespace": "Shop",
                "MetricName": "5xx",
                "Dimensions": [{"Name": "app", "Value": "a b&c=d/~*"}, {"Name": "zone", "Value": "ü"}],
            },
            "Period": 60,
            "Stat": "Sum",
            "Unit": "Count",
        },
        "ReturnData": False,
    },
]


def answer(*values: str) -> Answer:
    members = "".join(f"<member>{value}</member>" for value in values)
    result = f"<Id>e1</Id><Label>x</Label><StatusCode>Complete</StatusCode><Values>{members}</Values>"
    return Answer(
        body='<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult>'
        f"<MetricDataResults><member>{result}</member><member><Id>m1</Id><Values><member>9</member></Values></member>"
        "</MetricDataResults></GetMetricDataResult></GetMetricDataResponse>"
    )


def as_aws_writes(queries: list[Any]) -> Mapping[str, str]:
    model = botocore.session.get_session().get_service_model("cloudwatch").operation_model("GetMetricData")
    parameters = {
        "MetricDataQueries": queries,
        "MaxDatapoints": 20,
        "StartTime": datetime.fromtimestamp(AT - 10 * MINUTE, UTC),
        "EndTime": datetime.fromtimestamp(AT, UTC),
    }
    written = create_serializer("query").serialize_to_request(parameters, model)
    return {name: str(value) for name, value in written["body"].items()}


def as_aws_signs(asked: Asked, url: str, token: str | None = None, service: str = "monitoring") -> str:
    credentials = Credentials("AKID", "s3cret", token)
    place, _, query = asked.path.partition("?")
    request = AWSRequest(
        asked.method, url + place, data=asked.body.encode(), params=dict(parse_qsl(query)) or None
    )
    if "Content-Type" in asked.headers:
        request.headers["Content-Type"] = asked.headers["Content-Type"]
    request.context["timestamp"] = asked.headers["X-Amz-Date"]
    signer = SigV4Auth(credentials, service, "eu-central-1")
    signer._modify_request_before_signing(request)
    request.headers.replace_header("X-Amz-Date", asked.headers["X-Amz-Date"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return str(request.headers["Authorization"])


@pytest.mark.parametrize(
    "query",
    [json.dumps(QUERIES), json.dumps(QUERIES).replace('"Metric', '"metric').replace('"Id"', '"id"')],
    ids=["as AWS spells it", "in another case"],
)
def test_a_query_is_asked_as_aws_writes_it_and_its_newest_value_counts(query: str) -> None:
    found, asked = measured("cloudwatch", answer("0.5", "0.7"), query)
    assert found == Measured(0.5, AT)
    assert (asked.method, asked.path) == ("POST", "/")
    assert dict(parse_qsl(asked.body)) == as_aws_writes(QUERIES)


@pytest.mark.parametrize("token", [None, "lent"])
def test_a_request_is_signed_as_aws_signs_it(token: str | None) -> None:
    secret = {"aws_access_key_id": "AKID", "aws_secret_access_key": "s3cret"}
    secret |= {"aws_session_token": token} if token else {}
    with loopback(lambda asked: answer("1")) as server:
        access = Access(server.url, secret=secret, region="eu-central-1")
        CloudWatch(requests.Session(), access, lambda: AT).measure(json.dumps(QUERIES), AT, MINUTE)
        [asked] = server.asked
        assert asked.headers["X-Amz-Date"] == "20231114T221320Z"
        assert asked.headers.get("X-Amz-Security-Token") == token
        assert asked.headers["Authorization"] == as_aws_signs(asked, server.url, token)


def test_a_server_that_knows_the_api_gives_what_was_put_there() -> None:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        secret = {"aws_access_key_id": "AKID", "aws_secret_access_key": "s3cret"}
        put = botocore.session.get_session().create_client(
            "cloudwatch",
            "eu-central-1",
            endpoint_url=url,
            aws_access_key_id="AKID",
            aws_secret_access_key="s3cret",
        )
        for before, value in ((400, 1.0), (100, 3.0)):
            moment = datetime.fromtimestamp(AT - before, UTC)
            dimensions = QUERIES[1]["MetricStat"]["Metric"]["Dimensions"]  # type: ignore[index]
            data = {
                "MetricName": "5xx",
                "Value": value,
                "Timestamp": moment,
                "Dimensions": dimensions,
                "Unit": "Count",
            }
            put.put_metric_data(Namespace="Shop", MetricData=[data])
        cloudwatch = CloudWatch(requests.Session(), Access(url, secret=secret, region="eu-central-1"))
        query = [{**QUERIES[1], "ReturnData": True}]
        assert cloudwatch.measure(json.dumps(query), AT, MINUTE) == Measured(3.0, AT)
        assert cloudwatch.measure(json.dumps(query), AT + 3600, MINUTE) == NothingMeasured()
        assert cloudwatch.probe() == ""
    finally:
        server.stop()


def test_no_values_are_no_data() -> None:
    assert measured("cloudwatch", answer())[0] == NothingMeasured()
    assert measured("cloudwatch", Answer(body="<GetMetricDataResponse/>"))[0] == NothingMeasured()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("[", "its query is no JSON: "),
        ("{}", "its query is no list; write one as GetMetricData takes it"),
        (
            '[{"Expresion": "x"}]',
            "its query has an unknown field MetricDataQueries.member.1.Expresion; known are Id, ",
        ),
    ],
)
def test_a_query_that_is_none_is_told(query: str, why: str) -> None:
    access = Access("http://127.0.0.1:1", region="eu-central-1")
    found = CloudWatch(requests.Session(), access).measure(query, AT, MINUTE)
    assert isinstance(found, QueryFailed)
    assert found.detail.startswith(why)


def test_too_many_requests_are_waited_for() -> None:
    body = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
    found, _ = measured("cloudwatch", Answer(400, body))
    assert found == QueryFailed("error response: Status 400 Bad Request: Rate exceeded", away=True)


def test_a_value_that_is_no_number_is_a_failure() -> None:
    found, _ = measured("cloudwatch", answer("seven"))
    assert found == QueryFailed(
        "error unmarshaling result: a value of e1 is no number: could not convert string to float: 'seven'"
    )


def test_the_probe_is_refused_as_empty_and_that_is_good() -> None:
    said, asked = probed("cloudwatch", Answer(400, "<Error><Message>no queries</Message></Error>"))
    assert said == ""
    assert dict(parse_qsl(asked.body)) == {
        "Action": "GetMetricData",
        "Version": "2010-08-01",
        "StartTime": "1970-01-01T00:00:00Z",
        "EndTime": "1970-01-01T00:00:00Z",
    }


OWN = {"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}


def test_keys_of_the_secret_go_before_those_of_the_process() -> None:
    exchange = CloudWatch(requests.Session(), Access("")).exchange
    secret = {"aws_access_key_id": "mine", "aws_secret_access_key": "s"}
    assert keys_of(secret, "eu-central-1", exchange, OWN) == Keys("mine", "s")
    assert keys_of({}, "eu-central-1", exchange, OWN) == Keys("env", "s", "t")


def test_without_keys_nobody_is_asked() -> None:
    with loopback(lambda asked: Answer()) as server, pytest.MonkeyPatch.context() as patch:
        for name in (
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ):
            patch.delenv(name, raising=False)
        found = CloudWatch(requests.Session(), Access(server.url, region="x")).measure("[]", AT, MINUTE)
        assert server.asked == []
    assert isinstance(found, QueryFailed)
    assert found.detail == (
        "there are no keys of AWS; give aws_access_key_id and aws_secret_access_key in its Secret, "
        "or the driver's ServiceAccount a role"
    )


LENT = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Token": "t"}


def test_a_role_of_the_service_account_lends_keys(tmp_path: Any) -> None:
    (tmp_path / "token").write_text("jwt\n")
    body = {"AssumeRoleWithWebIdentityResponse": {"AssumeRoleWithWebIdentityResult": {"Credentials": LENT}}}
    with loopback(lambda asked: Answer(body=body)) as server:
        environment = {
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ENDPOINT_URL_STS": server.url,
        }
        exchange = CloudWatch(requests.Session(), Access("")).exchange
        assert keys_of({}, "eu-central-1", exchange, environment) == Keys("ASIA", "s", "t")
        [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/")
    assert dict(parse_qsl(asked.body)) == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::1:role/r",
        "RoleSessionName": "sluice",
        "WebIdentityToken": "jwt",
    }


def test_the_nodes_agent_lends_keys(tmp_path: Any) -> None:
    (tmp_path / "token").write_text("jwt\n")
    with loopback(lambda asked: Answer(body=LENT)) as server:
        environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
        }
        exchange = CloudWatch(requests.Session(), Access("")).exchange
        assert keys_of({}, "eu-central-1", exchange, environment) == Keys("ASIA", "s", "t")
        [asked] = server.asked
    assert (asked.path, asked.headers["Authorization"]) == ("/v1/credentials", "jwt")
