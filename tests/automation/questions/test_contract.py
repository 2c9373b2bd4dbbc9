"""The contract of whoever asks: held by the one in memory, and by the real one over connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from automation.core.analysis import MetricCheck, Webhook
from automation.core.decision import CallHook, Measure, Take
from automation.core.observation import HookAnswer, Measured, Observation, Taken
from automation.core.runs.metric import Metric
from automation.driver.ports import Questions
from automation.inmemory.cluster import MemoryCluster, MemoryCopies
from automation.inmemory.questions import MemoryQuestions
from automation.questions.asker import Asked, Asker
from tests.automation.loopback import Answer, loopback
from tests.automation.loopback import Asked as Request
from tests.core.documents import canary

CHECK = MetricCheck("errors", query="vector(7)")
NOTHING = Observation(1_700_000_000.0, "a-1", target=None, primary=None, route=None, apex=None)
Pair = tuple[Questions, str]
"""Who asks, and where a hook listens."""


def in_memory(tmp_path: Path) -> Iterator[Pair]:
    questions = MemoryQuestions(
        lambda call: HookAnswer(call.webhook.name != "closed", call.webhook.name),
        lambda question: Measured(7.0, 1_700_000_000.0),
        take=lambda question: Taken([7.0]),
    )
    yield questions, "http://hook"


def over_connections(tmp_path: Path) -> Iterator[Pair]:
    def respond(request: Request) -> Answer:
        if "/api/v1/query" in request.path:
            found = [{"metric": {}, "value": [1_700_000_000.0, "7"]}]
            return Answer(body={"status": "success", "data": {"resultType": "vector", "result": found}})
        name = request.path.strip("/")
        return Answer(403 if name == "closed" else 200, name)

    with loopback(respond) as server:
        cluster = MemoryCluster()
        yield Asker(cluster, MemoryCopies(cluster), requests.Session(), server.url), server.url


@pytest.fixture(params=[in_memory, over_connections], ids=["in memory", "over connections"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    yield from request.param(tmp_path)


@pytest.mark.parametrize("name", ["open", "closed"])
def test_a_hook_passes_or_not_and_says_why(pair: Pair, name: str) -> None:
    questions, url = pair
    hook = Webhook(name, f"{url}/{name}")
    seen = questions.answer(canary(), NOTHING, [CallHook(hook, {}, "key")], Asked())
    assert (seen.hooks[hook].passed, name in seen.hooks[hook].detail) == (name == "open", True)


def test_a_measured_value_comes_with_its_time_and_nothing_else_is_touched(pair: Pair) -> None:
    questions, _ = pair
    known = replace(NOTHING, hooks={Webhook("earlier", "http://x"): HookAnswer(True)})
    seen = questions.answer(canary(), known, [Measure(CHECK)], Asked())
    answer = seen.metrics[CHECK]
    assert isinstance(answer, Measured)
    assert answer.value == 7.0
    assert replace(seen, metrics={}) == known


def test_what_an_analysis_takes_is_all_that_its_query_comes_to(pair: Pair) -> None:
    questions, url = pair
    metric = Metric("errors", "prometheus", {"address": url, "query": "vector(7)"})
    seen = questions.answer(canary(), NOTHING, [Take("background", metric)], Asked())
    assert seen.taken == {("background", "errors"): Taken([7.0])}
    assert replace(seen, taken={}) == NOTHING


def test_no_question_is_no_answer(pair: Pair) -> None:
    questions, _ = pair
    assert questions.answer(canary(), NOTHING, [], Asked()) == NOTHING
