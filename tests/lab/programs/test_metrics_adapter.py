"""What plays kube-metrics-adapter: the queries of autoscalers become the API of external metrics."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession, web

from lab.programs.metrics_adapter import GROUP, Adapter, Question, Unknown, quantity, question, settings

Document = dict[str, Any]
LABELLED = {"metric-config.external.prometheus-query.prometheus/requests": "sum(rate(a[1m]))\n"}
NAMED = {
    "metric-config.external.orders.prometheus/query": "sum(b)",
    "metric-config.external.orders.prometheus/prometheus-server": "http://other:9090",
}
AUTOSCALERS: list[Document] = [
    {"metadata": {}},
    {"metadata": {"annotations": LABELLED}},
    {"metadata": {"annotations": NAMED}},
]


def vector(*values: str) -> Document:
    return {"data": {"resultType": "vector", "result": [{"value": [1, value]} for value in values]}}


@pytest.mark.parametrize(
    ("metric", "selector", "found"),
    [
        ("prometheus-query", "query-name=requests", Question("sum(rate(a[1m]))", "http://own")),
        ("orders", "type=prometheus", Question("sum(b)", "http://other:9090")),
    ],
)
def test_a_query_is_found_by_name_or_by_label(metric: str, selector: str, found: Question) -> None:
    assert question(AUTOSCALERS, metric, selector, "http://own") == found


@pytest.mark.parametrize(
    ("metric", "selector"),
    [("prometheus-query", "query-name=errors"), ("queue", ""), ("prometheus-query", "")],
)
def test_a_metric_without_a_query_is_unknown(metric: str, selector: str) -> None:
    with pytest.raises(Unknown, match=metric):
        question(AUTOSCALERS, metric, selector, "http://own")


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (vector("12.5"), "12500m"),
        (vector("0"), "0m"),
        ({"data": {"resultType": "scalar", "result": [1, "3"]}}, "3000m"),
    ],
)
def test_a_value_is_written_as_a_quantity(answer: Document, value: str) -> None:
    assert quantity(answer) == value


@pytest.mark.parametrize("answer", [vector(), vector("1", "2"), vector("NaN"), {}])
def test_what_is_not_one_number_is_unknown(answer: Document) -> None:
    with pytest.raises(Unknown):
        quantity(answer)


async def _served(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def test_the_api_answers_with_what_prometheus_says() -> None:
    asked: list[str] = []

    async def query(request: web.Request) -> web.Response:
        asked.append(request.query["query"])
        return web.json_response(vector("20"))

    async def autoscalers(namespace: str) -> list[Document]:
        return AUTOSCALERS if namespace == "test" else []

    async def story() -> list[tuple[int, Document]]:
        prometheus = web.Application()
        prometheus.router.add_get("/api/v1/query", query)
        server, url = await _served(prometheus)
        adapter, own = await _served(Adapter(autoscalers, url).app())
        answers = []
        async with ClientSession(own) as session:
            for path in (
                "",
                "/namespaces/test/prometheus-query?labelSelector=query-name%3Drequests",
                "/namespaces/shop/prometheus-query?labelSelector=query-name%3Drequests",
            ):
                answer = await session.get(f"/apis/{GROUP}{path}")
                answers.append((answer.status, await answer.json()))
        await adapter.cleanup()
        await server.cleanup()
        return answers

    discovered, measured, missing = asyncio.run(story())
    assert discovered[1]["groupVersion"] == GROUP
    [item] = measured[1]["items"]
    assert (item["metricName"], item["value"]) == ("prometheus-query", "20000m")
    assert asked == ["sum(rate(a[1m]))"]
    assert (missing[0], missing[1]["reason"]) == (404, "NotFound")


def test_flags_that_mean_nothing_here_are_passed_over() -> None:
    said = settings(["--prometheus-server=http://p:9090", "--skipper-ingress-metrics", "--v=9"])
    assert (said.prometheus_server, said.secure_port) == ("http://p:9090", 443)
