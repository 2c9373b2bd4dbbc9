"""What all providers over a vendor's HTTP API do alike, whoever answers whatever."""

from __future__ import annotations

import json
import threading
from io import BytesIO
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from automation.core.observation import NothingMeasured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.exchange import LARGEST, Call, Exchange, Unanswered
from automation.questions.metrics.providers import PROVIDERS
from automation.questions.metrics.vendor import Vendor
from tests.automation.loopback import Answer, loopback
from tests.automation.questions.metrics.asking import AT, MINUTE, QUERIES, SECRETS, measured, probed, serving

VENDORS = sorted({kind for kind, made in PROVIDERS.items() if issubclass(made, Vendor)} - {"keptn"})
"""Those with an address. Keptn is asked through the API server."""
everybody = pytest.mark.parametrize("kind", VENDORS)


def failure(kind: str, answer: Answer) -> QueryFailed:
    found, _ = measured(kind, answer)
    assert isinstance(found, QueryFailed)
    return found


@everybody
@pytest.mark.parametrize(
    ("status", "body", "said", "away"),
    [
        (401, "who are you", "401 Unauthorized: who are you; check the credentials in its Secret", False),
        (
            403,
            {"errors": ["Forbidden"]},
            "403 Forbidden: Forbidden; check the credentials in its Secret, and what they may read",
            False,
        ),
        (404, {"message": "no such page"}, "404 Not Found: no such page; check its address", False),
        (429, {"error": {"message": "slowly"}}, "429 Too Many Requests: slowly; it is asked again", True),
        (400, {"error": "parse error"}, "400 Bad Request: parse error", False),
        (500, [{"errors": [{"detail": "broken"}]}], "500 Internal Server Error: broken", False),
        (503, "starting", "503 Service Unavailable: starting", True),
        (400, "<E><Message>no such metric</Message></E>", "400 Bad Request: no such metric", False),
        (500, "x" * 4000, f"500 Internal Server Error: {'x' * 300}", False),
    ],
)
def test_an_error_has_the_vendors_own_sentence(
    kind: str, status: int, body: Any, said: str, away: bool
) -> None:
    assert failure(kind, Answer(status, body)) == QueryFailed(f"error response: Status {said}", away)


ODD = json.dumps(dict.fromkeys(("results", "series", "result", "items", "timeSeriesData", "data"), 7))


@everybody
@pytest.mark.parametrize("body", ["<html>", '"text"', "[[7]]", ODD])
def test_garbage_is_a_failure_and_not_a_lack_of_data(kind: str, body: str) -> None:
    assert failure(kind, Answer(body=body)).detail.startswith("error unmarshaling result: ")


@everybody
def test_a_redirect_is_not_followed_as_credentials_would_go_along(kind: str) -> None:
    with loopback(lambda asked: Answer()) as elsewhere:
        moved = Answer(302, headers={"Location": f"{elsewhere.url}/there?query=q"})
        found = failure(kind, moved)
        assert elsewhere.asked == []
    assert found.detail == (
        f"it redirects to {elsewhere.url}/there, where no credentials are sent; give that as its address"
    )


@everybody
def test_megabytes_are_not_read_to_their_end(kind: str) -> None:
    found = failure(kind, Answer(body="x" * (LARGEST + 1)))
    assert found == QueryFailed("its answer is longer than 4 MiB; aggregate the query to one value")


@everybody
def test_nobody_listening_is_away(kind: str) -> None:
    with serving(Answer()) as server:
        access = Access(server.url, secret=SECRETS.get(kind, {}), region="eu-central-1")
    found = PROVIDERS[kind](requests.Session(), access).measure(QUERIES.get(kind, "q"), AT, MINUTE)
    assert isinstance(found, QueryFailed)
    assert found.away
    assert found.detail.startswith("request failed: ")


@pytest.mark.parametrize("kind", sorted({*VENDORS} - {"web"}))
def test_a_probe_says_who_is_not_available_and_why(kind: str) -> None:
    said, _ = probed(kind, Answer(403, {"message": "no"}))
    assert said == (
        f"{kind} not avaiable: error response: Status 403 Forbidden: no; "
        "check the credentials in its Secret, and what they may read"
    )


@everybody
def test_no_secret_is_told(kind: str) -> None:
    told = repr(Access("http://x", secret=SECRETS[kind])) + failure(kind, Answer(500)).detail
    assert not [value for value in SECRETS[kind].values() if f"'{value}'" in told]


def test_whoever_does_not_answer_in_time_is_away() -> None:
    late = threading.Event()

    def respond(asked: object) -> Answer:
        late.wait(30)
        return Answer()

    with loopback(respond) as server:
        with pytest.raises(Unanswered, match="Read timed out") as raised:
            Exchange(requests.Session(), timeout=0.05).ask(Call(server.url))
        late.set()
    assert raised.value.failed.away


@pytest.mark.parametrize("value", ["s3cret\nline", "s3cr€t"])
def test_a_header_that_can_not_be_sent_is_told_without_showing_it(value: str) -> None:
    with loopback(lambda asked: Answer()) as server, pytest.raises(Unanswered) as raised:
        Exchange(requests.Session()).ask(Call(server.url, headers={"X-Key": value}))
    assert str(raised.value) == "its headers can't be sent; check them, and its Secret, for breaks of lines"


def test_whoever_is_away_is_named_without_the_rest_of_the_url() -> None:
    with loopback(lambda asked: Answer()) as server:
        url = server.url.replace("http://", "http://ann:pw@")
    with pytest.raises(Unanswered, match="Connection refused") as raised:
        Exchange(requests.Session()).ask(Call(f"{url}/path", {"key": "s3cret"}))
    assert str(raised.value).startswith(f"request failed: {server.url}: ")
    assert not [part for part in ("s3cret", "pw", "path") if part in str(raised.value)]


class Trickle(BaseAdapter):
    """Answers byte by byte, without an end."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.raw = 200, HTTPResponse(Endless(), preload_content=False)
        return answer

    def close(self) -> None:
        pass


class Endless(BytesIO):
    def read1(self, size: int | None = -1, /) -> bytes:
        return b"x"


def test_an_answer_that_trickles_is_cut_in_time() -> None:
    session = requests.Session()
    session.mount("http://", Trickle())
    with pytest.raises(Unanswered, match=r"its answer was not there within 0\.01s") as raised:
        Exchange(session, timeout=0.01).ask(Call("http://trickle"))
    assert raised.value.failed.away


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("datadog", {"series": []}),
        ("datadog", {"series": [{"pointlist": []}]}),
        ("datadog", {"series": [{"pointlist": [[1.0, None]]}]}),
        ("newrelic", {"results": []}),
        ("newrelic", {"results": [{"result": 1}, {"result": 2}]}),
        ("newrelic", {"results": [{"result": None}]}),
        ("newrelic", {"results": [{"begin": 1, "end": 2}]}),
        ("graphite", []),
        ("graphite", [{"target": "x", "datapoints": [[None, 1]]}]),
        ("graphite", '[{"target": "x", "datapoints": [[NaN, 1]]}]'),
        ("dynatrace", {"result": []}),
        ("dynatrace", {"result": [{"data": []}]}),
        ("dynatrace", {"result": [{"data": [{"values": []}]}]}),
        ("dynatrace", {"result": [{"data": [{"values": [None]}]}]}),
        ("externalmetrics", {"items": []}),
        ("splunk", ""),
        ("splunk", 'event: data\ndata: {"data": []}\n\n'),
        ("splunk", 'event: data\ndata: {"data": [{"tsId": "A", "value": null}]}\n\n'),
        ("splunk", 'event: data\ndata: {"data": [{"tsId": "A", "value": "NaN"}]}\n\n'),
        ("stackdriver", {}),
        ("stackdriver", {"timeSeriesData": [{"pointData": []}]}),
        ("stackdriver", {"timeSeriesData": [{"pointData": [{"values": []}]}]}),
        ("stackdriver", {"timeSeriesData": [{"pointData": [{"values": [{"doubleValue": "NaN"}]}]}]}),
        ("web", "null"),
        ("influxdb", ""),
        ("influxdb", "#datatype,string,long,double\n#group,,,\n#default,,,\n,result,table,_value\n,,0,\n"),
        ("influxdb", "#datatype,string,long,double\n#group,,,\n#default,,,\n,result,table,_value\n,,0,NaN\n"),
    ],
)
def test_no_data_is_no_failure(kind: str, body: Any) -> None:
    assert measured(kind, Answer(body=body))[0] == NothingMeasured()
