"""What analyses ask the web and Prometheus, against a loopback server."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests

from automation.core.kinds import SECRET
from automation.core.observation import QueryFailed, Taken
from automation.core.runs.metric import Metric
from automation.inmemory.cluster import MemoryCluster
from automation.questions.taking import Taking
from tests.automation.loopback import Answer, loopback
from tests.core.documents import canary


def taken(
    answer: Answer, secrets: dict[str, str] | None = None, **settings: Any
) -> tuple[Taken | QueryFailed, Any]:
    """What a metric of the web measures, and how the server was asked."""
    cluster = MemoryCluster()
    token = base64.b64encode(b'a "secret"').decode()
    cluster.put(SECRET, {"metadata": {"namespace": "test", "name": "web"}, "data": {"token": token}})
    with loopback(lambda request: answer) as server:
        metric = Metric("m", "web", {"url": f"{server.url}/x", **settings}, secrets=secrets or {})
        found = Taking(cluster, requests.Session(), "http://nowhere").take(canary(), metric, 0.0, {})
        return found, next(iter(server.asked), None)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("{$.data.ok}", True),
        ("{$.data.rates[0]}", 0.99),
        ("", {"data": {"ok": True, "rates": [0.99]}}),
        ("{$.x}", None),
    ],
)
def test_an_answer_of_the_web_is_what_its_path_leads_to(path: str, found: Any) -> None:
    body = {"data": {"ok": True, "rates": [0.99]}}
    assert taken(Answer(body=body), jsonPath=path)[0] == Taken(found)


def test_the_web_is_asked_as_the_metric_says() -> None:
    headers = [{"key": "X-Scope", "value": "shop"}]
    _, asked = taken(Answer(), method="POST", jsonBody={"a": 1}, headers=headers)
    assert (asked.method, json.loads(asked.body), asked.headers["X-Scope"]) == ("POST", {"a": 1}, "shop")
    _, asked = taken(Answer(), method="PUT", body="plain")
    assert (asked.method, asked.body) == ("PUT", "plain")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(500), "received non 2xx response code: 500"),
        (Answer(404, "nowhere"), "received non 2xx response code: 404"),
        (Answer(200, "{no json"), "could not parse JSON body: the answer is no JSON"),
    ],
)
def test_an_answer_that_is_none_says_why(answer: Answer, why: str) -> None:
    found, _ = taken(answer)
    assert found == QueryFailed(why)


def test_a_secret_is_read_when_it_is_asked_for_and_one_that_is_not_there_is_said() -> None:
    headers = [{"key": "Authorization", "value": "Bearer {{args.token}}"}]
    _, asked = taken(Answer(), {"token": "web/token"}, headers=headers)
    assert asked.headers["Authorization"] == 'Bearer a "secret"'
    found, asked = taken(Answer(), {"token": "web/other"}, headers=headers)
    assert found == QueryFailed("argument token: Secret web.test has no key other")
    assert asked is None


def test_nobody_is_waited_for_twice_in_one_tick() -> None:
    away = {"http://127.0.0.1:1/x": QueryFailed("away", away=True)}
    metric = Metric("m", "web", {"url": "http://127.0.0.1:1/x"})
    taking = Taking(MemoryCluster(), requests.Session(), "http://nowhere")
    assert taking.take(canary(), metric, 0.0, away) == QueryFailed("away", away=True)
    found = taking.take(canary(), metric, 0.0, fresh := {})
    assert isinstance(found, QueryFailed)
    assert found.away
    assert fresh == {"http://127.0.0.1:1/x": found}
