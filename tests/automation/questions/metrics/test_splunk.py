"""Splunk Observability Cloud against a loopback server."""

from __future__ import annotations

import pytest
import requests

from automation.core.observation import Measured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.exchange import Call
from automation.questions.metrics.splunk import Splunk
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, MINUTE, measured, parameters, path, probed

PROGRAM = "data('errors').sum().publish()"
STREAM = """event: control-message
data: {
data:   "event" : "STREAM_START"
data: }

event: metadata
data: {"tsId": "A", "properties": {"sf_type": "MetricTimeSeries"}}

: a comment

event: data
data: {"data": [{"tsId": "A", "value": 9}], "logicalTimestampMs": 1}

id: data-2
event: data
data: {
data:   "data" : [ { "tsId" : "A", "value" : 0.5 } ],
data:   "logicalTimestampMs" : 2
data: }

event: data
data: {"data": [], "logicalTimestampMs": 3}

event: control-message
data: {"event": "END_OF_CHANNEL"}

"""


@pytest.mark.parametrize("text", [STREAM, STREAM.replace("\n", "\r\n")])
def test_a_program_is_run_over_ten_intervals_and_its_last_value_counts(text: str) -> None:
    found, asked = measured("splunk", Answer(body=text), PROGRAM)
    assert found == Measured(0.5, AT)
    assert (asked.method, path(asked), asked.body) == ("POST", "/v2/signalflow/execute", PROGRAM)
    assert parameters(asked) == [
        ("start", "1699999400000"),
        ("stop", "1700000000000"),
        ("immediate", "true"),
    ]
    assert (asked.headers["X-SF-Token"], asked.headers["Content-Type"]) == ("t0ken", "text/plain")


def test_values_of_several_series_are_a_failure() -> None:
    text = 'event: data\ndata: {"data": [{"tsId": "A", "value": 1}, {"tsId": "B", "value": 1}]}\n\n'
    assert measured("splunk", Answer(body=text))[0] == QueryFailed(
        "query returned multiple values; aggregate it to one series"
    )


@pytest.mark.parametrize(
    "text",
    [
        'event: error\ndata: {"error": 400, "message": "no such function"}\n\n',
        'event: message\ndata: {"error": 400, "message": "no such function"}\n\n',
    ],
)
def test_an_error_within_the_stream_is_a_failure(text: str) -> None:
    assert measured("splunk", Answer(body=text))[0] == QueryFailed("error response: no such function")


class Recording(Splunk):
    """Answers nothing, and keeps what it would have asked."""

    def text(self, call: Call) -> str:
        self.urls = [*getattr(self, "urls", []), call.url]
        return ""


@pytest.mark.parametrize(
    "address",
    ["https://api.us1.signalfx.com", "https://stream.us1.signalfx.com/", "wss://stream.us1.signalfx.com"],
)
def test_a_realm_has_a_server_for_streams_and_another_for_the_rest(address: str) -> None:
    splunk = Recording(requests.Session(), Access(address, secret={"sf_token_key": "t"}))
    splunk.measure("p", AT, MINUTE)
    splunk.probe()
    assert splunk.urls == [
        "https://stream.us1.signalfx.com/v2/signalflow/execute",
        "https://api.us1.signalfx.com/v2/metric",
    ]


def test_the_probe_lists_one_metric() -> None:
    said, asked = probed("splunk", Answer(body={"results": []}))
    assert (said, path(asked), parameters(asked)) == ("", "/v2/metric", [("limit", "1")])
    assert asked.headers["X-SF-Token"] == "t0ken"
