"""Questions put to Prometheus: whose answers the canary is judged by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from automation.core.analysis import MetricCheck, Scope
from automation.core.decision import Measure, Take
from automation.core.kinds import Kind, Manifest
from automation.core.observation import (
    Measured,
    NothingMeasured,
    Observation,
    QueryFailed,
    Taken,
    Target,
    Workload,
)
from automation.core.runs.metric import Metric
from automation.questions.asker import Asked, Asker
from tests.automation.cluster.test_client import connect
from tests.automation.cluster.test_observer import canary as document
from tests.automation.loopback import Answer, loopback
from tests.automation.loopback import Asked as Request

SUCCESS_RATE = MetricCheck("request-success-rate", minimum=99.0)
POD = Workload("podinfo", 1, 1, 1, 1)


def seen(revision: str) -> Observation:
    target = Target(POD, revision, label="app", value="podinfo")
    return Observation(1700000000.0, "a-1", target, primary=None, route=None, apex=None)


def endpoints(service: str, *addresses: str) -> Manifest:
    labels = {"kubernetes.io/service-name": service}
    listed = [{"addresses": [address]} for address in addresses]
    return {"metadata": {"namespace": "test", "labels": labels}, "endpoints": listed}


def endpoints_of(pods: list[str]) -> list[Manifest]:
    return [endpoints("podinfo-canary", *pods)]


class Slices:
    """A copy of EndpointSlices and nothing else."""

    def __init__(self, now: Callable[[], list[Manifest]]) -> None:
        self._now = now

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        return None

    def all(self, kind: Kind) -> list[Manifest]:
        return self._now()

    def put(self, kind: Kind, thing: Manifest) -> None:
        raise AssertionError("nobody writes here")


def measured(value: str) -> Answer:
    result = [{"metric": {}, "value": [1700000000.0, value]}]
    return Answer(body={"status": "success", "data": {"resultType": "vector", "result": result}})


def test_a_revision_is_judged_by_its_own_pods_also_by_those_that_are_gone(tmp_path: Path) -> None:
    pods: list[str] = []
    queries: list[str] = []

    def now() -> list[Manifest]:
        return [endpoints("podinfo-canary", *pods), endpoints("podinfo-primary", "10.0.1.1")]

    def respond(asked: Request) -> Answer:
        queries.append(parse_qs(urlsplit(asked.path).query)["query"][0])
        return measured("100")

    found = replace(document(), analysis=replace(document().analysis, metrics=(SUCCESS_RATE,)))
    [check] = found.analysis.checks
    with loopback(respond) as server:
        asker, asked = Asker(connect(server, tmp_path), Slices(now), requests.Session(), server.url), Asked()
        for revision, addresses in (("one", ["10.0.0.1"]), ("one", ["10.0.0.2"]), ("two", ["10.0.0.3"])):
            pods[:] = addresses
            answer = asker.answer(found, seen(revision), [Measure(check)], asked).metrics[check]
            assert isinstance(answer, Measured)
            assert answer.value == 100.0
    assert ['node=~"10.0.0.1"' in queries[0], 'node=~"10.0.0.1|10.0.0.2"' in queries[1]] == [True, True]
    assert 'node=~"10.0.0.3"' in queries[2]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (measured("50"), Measured(100.0, 1700000000.0)),
        (measured("49.2"), NothingMeasured("49 of 50 requests")),
        (measured("NaN"), NothingMeasured()),
        (Answer(503), QueryFailed),
    ],
    ids=["enough", "too few", "none", "nobody counts"],
)
def test_a_check_with_too_few_requests_has_measured_nothing(
    count: Answer, expected: object, tmp_path: Path
) -> None:
    check = replace(SUCCESS_RATE, least_requests=50)

    def respond(asked: Request) -> Answer:
        query = parse_qs(urlsplit(asked.path).query)["query"][0]
        return count if "increase" in query else measured("100")

    with loopback(respond) as server:
        asker = Asker(
            connect(server, tmp_path),
            Slices(lambda: endpoints_of(["10.0.0.1"])),
            requests.Session(),
            server.url,
        )
        answer = asker.answer(document(), seen("one"), [Measure(check)], Asked()).metrics[check]
    assert isinstance(answer, QueryFailed) if expected is QueryFailed else answer == expected


@pytest.mark.parametrize(
    ("scope", "since", "window"),
    [
        ("canary", 20.0, "20s"),
        ("canary", 19.5, "20s"),
        ("canary", 3.0, "10s"),
        ("canary", 60.0, "1m"),
        ("canary", 600.0, "1m"),
        ("canary", None, "1m"),
        ("route", 20.0, "1m"),
    ],
    ids=["a young run", "to the second", "two samples", "as long", "an old run", "no run", "the model's"],
)
def test_what_an_earlier_release_answered_is_outside_of_the_window(
    tmp_path: Path, scope: Scope, since: float | None, window: str
) -> None:
    queries: list[str] = []

    def respond(asked: Request) -> Answer:
        queries.append(parse_qs(urlsplit(asked.path).query)["query"][0])
        return measured("100")

    now, check = seen("one"), replace(SUCCESS_RATE, scope=scope)
    begun = 0.0 if since is None else now.now - since
    with loopback(respond) as server:
        asker = Asker(connect(server, tmp_path), Slices(list), requests.Session(), server.url)
        asker.answer(document(), replace(now, scrape_interval=5.0), [Measure(check, begun)], Asked())
    assert set(re.findall(r"\[(\w+)\]", queries[0])) == {window}


DURATION = MetricCheck("request-duration", maximum=500.0)
NOTHING = Answer(body={"status": "success", "data": {"resultType": "vector", "result": []}})


def test_a_server_that_is_away_is_asked_once_a_tick_and_may_miss_samples_when_it_is_back(
    tmp_path: Path,
) -> None:
    said = Answer(503, "no endpoints available")
    asked: list[str] = []

    def respond(request: Request) -> Answer:
        asked.append(request.path)
        return said

    found = replace(document(), analysis=replace(document().analysis, metrics=(SUCCESS_RATE, DURATION)))
    questions = [Measure(check) for check in found.analysis.checks]
    with loopback(respond) as server:
        asker = Asker(
            connect(server, tmp_path),
            Slices(lambda: [endpoints("podinfo-canary", "10.0.0.1")]),
            requests.Session(),
            server.url,
        )
        mine, another = Asked(), Asked()
        # when it is away
        answers = asker.answer(found, seen("one"), questions, mine).metrics.values()
        # then
        assert all(isinstance(answer, QueryFailed) and answer.away for answer in answers)
        assert len({urlsplit(path).query for path in asked}) == 1
        # when it is back and has nothing
        said = NOTHING
        first, *_ = asker.answer(found, seen("one"), questions, mine).metrics.values()
        # then that is no news for what it was asked in vain
        assert isinstance(first, QueryFailed)
        assert first.away
        # but it is for another Canary that asks the same
        others = asker.answer(found, seen("one"), questions, another).metrics.values()
        assert [*others] == [NothingMeasured()] * 2
        # and after two more samples it is
        later = replace(seen("one"), scrape_interval=0.0)
        assert [*asker.answer(found, later, questions, mine).metrics.values()] == [NothingMeasured()] * 2


def test_addresses_of_an_earlier_run_of_the_same_revision_are_not_the_canarys(tmp_path: Path) -> None:
    pods: list[str] = []
    queries: list[str] = []

    def respond(asked: Request) -> Answer:
        queries.append(parse_qs(urlsplit(asked.path).query)["query"][0])
        return measured("100")

    found = replace(document(), analysis=replace(document().analysis, metrics=(SUCCESS_RATE,)))
    [check] = found.analysis.checks
    with loopback(respond) as server:
        slices = Slices(partial(endpoints_of, pods))
        asker, asked = Asker(connect(server, tmp_path), slices, requests.Session(), server.url), Asked()
        for address in ("10.0.0.1", "10.0.0.2"):
            pods[:] = [address]
            asked.forget_pods()
            asker.answer(found, seen("one"), [Measure(check)], asked)
    assert 'node=~"10.0.0.2"' in queries[1]


def test_a_metric_of_an_analysis_is_asked_with_its_own_settings(tmp_path: Path) -> None:
    asked: list[Request] = []

    def respond(request: Request) -> Answer:
        asked.append(request)
        return measured("0.99")

    with loopback(respond) as server:
        asker = Asker(connect(server, tmp_path), Slices(list), requests.Session(), "http://nowhere")
        settings = {"address": server.url, "query": "up", "headers": [{"key": "X-Scope", "value": "shop"}]}
        questions = [
            Take("inline", Metric("good", "prometheus", settings)),
            Take("inline", Metric("kayenta", "kayenta", {"address": "http://x"})),
        ]
        taken = asker.answer(document(), seen("one"), questions, Asked()).taken
    assert taken == {
        ("inline", "good"): Taken([0.99]),
        ("inline", "kayenta"): QueryFailed(
            "provider kayenta is not supported yet; use one of prometheus, web, job, cloudWatch, datadog, graphite, "
            "influxdb, newRelic, wavefront"
        ),
    }
    assert [(parse_qs(urlsplit(one.path).query)["query"], one.headers["X-Scope"]) for one in asked] == [
        (["up"], "shop")
    ]


def test_a_prometheus_that_is_away_is_asked_once_for_all_metrics_of_a_tick(tmp_path: Path) -> None:
    with loopback(lambda request: Answer(503, "no endpoints available")) as server:
        asker = Asker(connect(server, tmp_path), Slices(list), requests.Session(), server.url)
        questions = [Take("inline", Metric(name, "prometheus", {"query": name})) for name in ("a", "b")]
        taken = asker.answer(document(), seen("one"), questions, Asked()).taken
        assert all(isinstance(one, QueryFailed) and one.away for one in taken.values())
        assert {parse_qs(urlsplit(one.path).query)["query"][0] for one in server.asked} == {"a"}
