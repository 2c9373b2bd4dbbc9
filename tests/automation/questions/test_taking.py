"""What analyses ask the web and Prometheus, against a loopback server."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from automation.core.decision import Take
from automation.core.kinds import CANARY, JOB, SECRET, Manifest
from automation.core.observation import Ended, QueryFailed, Taken, TakenAnswer, Unfinished
from automation.core.runs.metric import Metric
from automation.inmemory.cluster import MemoryCluster
from automation.questions.metrics.exchange import LARGEST
from automation.questions.taking import Taking
from tests.automation.loopback import Answer, Asked, loopback
from tests.automation.questions.metrics.test_cloudwatch import as_aws_signs
from tests.core.documents import canary


def taken(answer: Answer, secrets: dict[str, str] | None = None, **settings: Any) -> tuple[TakenAnswer, Any]:
    """What a metric of the web measures, and how the server was asked."""
    cluster = MemoryCluster()
    token = base64.b64encode(b'a "secret"').decode()
    cluster.put(SECRET, {"metadata": {"namespace": "test", "name": "web"}, "data": {"token": token}})
    with loopback(lambda request: answer) as server:
        metric = Metric("m", "web", {"url": f"{server.url}/x", **settings}, secrets=secrets or {})
        taking = Taking(cluster, requests.Session(), "http://nowhere")
        found = taking.take(canary(), Take("background", metric), 0.0, {})
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
        (
            Answer(302, headers={"Location": "http://elsewhere/x"}),
            "it redirects to http://elsewhere/x, where no credentials are sent; give that as its address",
        ),
        (
            Answer(200, "x" * (LARGEST + 1)),
            "its answer is longer than 4 MiB; aggregate the query to one value",
        ),
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
    assert taking.take(canary(), Take("background", metric), 0.0, away) == QueryFailed("away", away=True)
    found = taking.take(canary(), Take("background", metric), 0.0, fresh := {})
    assert isinstance(found, QueryFailed)
    assert found.away
    assert fresh == {"http://127.0.0.1:1/x": found}


POD: Manifest = {
    "template": {"spec": {"containers": [{"name": "smoke", "image": "smoke:1"}]}},
    "backoffLimit": 1,
}


def job_world() -> tuple[MemoryCluster, Taking]:
    cluster = MemoryCluster()
    cluster.put(CANARY, {"metadata": {"namespace": "test", "name": "podinfo"}})
    return cluster, Taking(cluster, requests.Session(), "http://nowhere")


def asked(number: int = 0, since: float = 1.0) -> Take:
    settings = {"metadata": {"labels": {"team": "shop"}}, "spec": POD}
    return Take("inline", Metric("Smoke", "job", settings), number, since)


@pytest.mark.parametrize(
    ("condition", "comes_to"),
    [
        ({"type": "Complete", "status": "True"}, Ended(True)),
        (
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"},
            Ended(False, "BackoffLimitExceeded: too often"),
        ),
        ({"type": "Failed", "status": "False"}, Unfinished()),
        ({"type": "Suspended", "status": "True"}, Unfinished()),
    ],
)
def test_a_job_is_made_once_and_is_the_measurement_once_it_ends(
    condition: dict[str, str], comes_to: TakenAnswer
) -> None:
    cluster, taking = job_world()
    for _ in range(2):
        assert taking.take(canary(), asked(), 0.0, {}) == Unfinished()
    [job] = cluster.select(JOB)
    assert job["spec"]["template"] == POD["template"]
    assert job["spec"]["ttlSecondsAfterFinished"] == 3600
    assert (job["metadata"]["labels"], job["metadata"]["ownerReferences"][0]["kind"]) == (
        {"team": "shop"},
        "Canary",
    )
    cluster.put(JOB, {**job, "status": {"conditions": [condition]}})
    assert taking.take(canary(), asked(), 0.0, {}) == comes_to


def test_each_measurement_is_a_job_of_its_own() -> None:
    cluster, taking = job_world()
    for question in (asked(), asked(1), asked(since=2.0), asked()):
        taking.take(canary(), question, 0.0, {})
    assert len(cluster.select(JOB)) == 3
    assert all(job["metadata"]["name"].startswith("podinfo-smoke-") for job in cluster.select(JOB))


def test_a_job_of_a_release_that_is_gone_is_not_made() -> None:
    taking = Taking(MemoryCluster(), requests.Session(), "http://nowhere")
    assert taking.take(canary(), asked(), 0.0, {}) == QueryFailed("Canary podinfo.test is gone")


OAUTH = {"tokenUrl": "", "clientId": "shop", "clientSecret": "{{args.key}}", "scopes": ["read", "more"]}


def measured(
    respond: Callable[[Asked], Answer], provider: str = "prometheus", **settings: Any
) -> tuple[TakenAnswer, list[Asked]]:
    """What a metric measures at unix second 1000 that says so, and how its server was asked. Its secret is `s3cret`."""
    cluster = MemoryCluster()
    secret = {"key": base64.b64encode(b"s3cret").decode()}
    cluster.put(SECRET, {"metadata": {"namespace": "test", "name": "web"}, "data": secret})
    with loopback(respond) as server:
        text = json.dumps(settings).replace('"tokenUrl": ""', f'"tokenUrl": "{server.url}/token"')
        where = {"address" if provider == "prometheus" else "url": server.url}
        metric = Metric(
            "m", provider, {"query": "up", **json.loads(text), **where}, secrets={"key": "web/key"}
        )
        taking = Taking(cluster, requests.Session(), "http://nowhere")
        return taking.take(canary(), Take("background", metric), 1000.0, {}), list(server.asked)


def vector(asked: Asked) -> Answer:
    if asked.path == "/token":
        return Answer(body={"access_token": "t0ken"})
    return Answer(body={"data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, "0.5"]}]}})


@pytest.mark.parametrize("provider", ["prometheus", "web"])
def test_a_token_is_fetched_with_the_clients_own_for_each_measurement(provider: str) -> None:
    found, (first, second) = measured(vector, provider, authentication={"oauth2": OAUTH})
    assert isinstance(found, Taken)
    assert (first.method, first.path, parse_qs(first.body)) == (
        "POST",
        "/token",
        {"grant_type": ["client_credentials"], "scope": ["read more"]},
    )
    assert first.headers["Authorization"] == f"Basic {base64.b64encode(b'shop:s3cret').decode()}"
    assert second.headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(403, "unknown client"), "Status 403 Forbidden: unknown client"),
        (Answer(body={"no": 1}), "/token answered without access_token"),
        (Answer(body="no JSON"), "/token answered without access_token"),
        (Answer(307, headers={"Location": "http://else/"}), "it redirects to http://else/"),
        (Answer(body="x" * (LARGEST + 1)), "its answer is longer than 4 MiB"),
    ],
    ids=["refused", "without a token", "no JSON", "sent elsewhere", "endless"],
)
def test_a_token_that_is_not_given_is_said_and_nobody_is_asked(answer: Answer, why: str) -> None:
    found, asked = measured(lambda request: answer, authentication={"oauth2": OAUTH})
    assert isinstance(found, QueryFailed)
    assert found.detail.startswith("no token was given: ")
    assert why in found.detail
    assert len(asked) == 1


def test_a_user_authenticates_himself_by_a_secret() -> None:
    user = {"username": "ann", "password": "{{args.key}}"}
    found, (asked,) = measured(vector, authentication={"basicAuth": user})
    assert found == Taken([0.5])
    assert asked.headers["Authorization"] == f"Basic {base64.b64encode(b'ann:s3cret').decode()}"


def test_amazons_prometheus_is_asked_with_a_signature_of_the_drivers_own_keys() -> None:
    settings = {"authentication": {"sigv4": {"region": "eu-central-1"}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        found, (asked,) = measured(vector, query='sum(up{a="b c+d~/é"})', **settings)
    assert found == Taken([0.5])
    assert parse_qs(asked.path.partition("?")[2])["query"] == ['sum(up{a="b c+d~/é"})']
    assert asked.headers["Authorization"] == as_aws_signs(
        asked, f"http://{asked.headers['Host']}", service="aps"
    )


def test_without_keys_amazons_prometheus_is_not_asked() -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ):
            patch.delenv(name, raising=False)
        found, asked = measured(vector, authentication={"sigv4": {"region": "eu-central-1"}})
    assert isinstance(found, QueryFailed)
    assert found.detail.startswith("there are no keys of AWS; ")
    assert asked == []


def test_a_range_is_asked_for_from_when_to_when_and_all_its_values_count() -> None:
    series = [{"metric": {}, "values": [[0, "1"], [60, "2"]]}, {"metric": {}, "values": [[0, "3"]]}]
    answer = Answer(body={"data": {"resultType": "matrix", "result": series}})
    ranged = {"start": 'now() - duration("5m")', "end": "now()", "step": "1m"}
    found, (asked,) = measured(lambda request: answer, rangeQuery=ranged)
    assert found == Taken([1.0, 2.0, 3.0])
    path, _, query = asked.path.partition("?")
    assert path == "/api/v1/query_range"
    assert parse_qs(query) == {"query": ["up"], "start": ["700.000"], "end": ["1000.000"], "step": ["60"]}


def test_a_range_that_an_argument_made_nonsense_of_is_said() -> None:
    found, asked = measured(vector, rangeQuery={"start": "yesterday", "end": "now()", "step": "1m"})
    assert found == QueryFailed("rangeQuery: 'yesterday' begins neither with now() nor with date(...)")
    assert asked == []
