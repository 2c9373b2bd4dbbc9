"""`python -m lab.programs.metrics_adapter`: plays kube-metrics-adapter, which measures for autoscalers.

It serves the API of external metrics: the value of a query that an annotation of the autoscaler holds, asked of
Prometheus whenever the value is wanted. Its own measurements of pods, queues and clouds are not played.
"""

import argparse
import logging
import math
import os
import ssl
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web
from trustme import CA

from lab.config import Config
from lab.node.kubernetes import UNREACHABLE, Api, Refused

Document = dict[str, Any]
GROUP = "external.metrics.k8s.io/v1beta1"
CONFIG = "metric-config.external."
BY_LABEL = "prometheus-query"  # the metric whose queries are told apart by a label
PATIENCE = ClientTimeout(total=5)

Autoscalers = Callable[[str], Awaitable[list[Document]]]
"""Gives the autoscalers of a namespace."""


@dataclass(frozen=True)
class Question:
    """A query, and the URL of the Prometheus that it is for."""

    query: str
    server: str


class Unknown(Exception):
    """There is no such metric, or no value of it; the text says which."""


def question(autoscalers: Iterable[Document], metric: str, selector: str, server: str) -> Question:
    """What the autoscalers say of a metric; `server` is asked unless they name another. Raises `Unknown`."""
    labels = dict(pair.split("=", 1) for pair in selector.split(",") if "=" in pair)
    by_label = metric == BY_LABEL
    field = labels.get("query-name", "") if by_label else "query"
    for autoscaler in autoscalers:
        said: Mapping[str, str] = autoscaler["metadata"].get("annotations") or {}
        place = f"{CONFIG}{metric}.prometheus/"
        if query := said.get(f"{place}{field}"):
            return Question(query.strip(), said.get(f"{place}prometheus-server", server))
    wanted = f"{metric} of {field}" if by_label else metric
    raise Unknown(f"no autoscaler has a query for the metric {wanted}")


def quantity(answer: Document) -> str:
    """The one value of a Prometheus answer as Kubernetes writes it, in thousandths. Raises `Unknown`."""
    data = answer.get("data") or {}
    result = data.get("result") or []
    samples = [result] if data.get("resultType") == "scalar" else [series["value"] for series in result]
    if len(samples) != 1 or not math.isfinite(value := float(samples[0][1])):
        raise Unknown(f"the query has {len(samples)} values that count")
    return f"{round(value * 1000)}m"


class Adapter:
    """The API of external metrics; `server` is the URL of the Prometheus."""

    def __init__(self, autoscalers: Autoscalers, server: str) -> None:
        self._autoscalers, self._server = autoscalers, server

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get(f"/apis/{GROUP}", self._discovered)
        app.router.add_get(f"/apis/{GROUP}/namespaces/{{namespace}}/{{metric}}", self._measured)
        return app

    async def _discovered(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP, "resources": []}
        )

    async def _measured(self, asked: web.Request) -> web.Response:
        metric, selector = asked.match_info["metric"], asked.query.get("labelSelector", "")
        try:
            autoscalers = await self._autoscalers(asked.match_info["namespace"])
            value = quantity(await _ask(question(autoscalers, metric, selector, self._server)))
        except Unknown as unknown:
            return _failed(404, "NotFound", str(unknown))
        except (Refused, *UNREACHABLE) as away:
            return _failed(503, "ServiceUnavailable", f"{type(away).__name__}: {away}")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        item = {"metricName": metric, "metricLabels": {}, "timestamp": now, "value": value}
        return web.json_response(
            {"kind": "ExternalMetricValueList", "apiVersion": GROUP, "metadata": {}, "items": [item]}
        )


async def _ask(wanted: Question) -> Document:
    async with (
        ClientSession(timeout=PATIENCE) as session,
        session.get(
            f"{wanted.server}/api/v1/query", params={"query": wanted.query}, raise_for_status=True
        ) as answer,
    ):
        found: Document = await answer.json()
        return found


def _failed(code: int, reason: str, message: str) -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return web.json_response({**status, "reason": reason, "message": message}, status=code)


def certificate() -> ssl.SSLContext:
    """One of its own, as the adapter makes it; the API server is told not to look at it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = CA(organization_name="lab").issue_cert("kube-metrics-adapter")
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(issued.private_key_and_cert_chain_pem.bytes())
        file.flush()
        context.load_cert_chain(file.name)
    return context


def settings(argv: Sequence[str]) -> argparse.Namespace:
    """What the flags say that mean something here: `prometheus_server`, `secure_port`."""
    parser = argparse.ArgumentParser("kube-metrics-adapter", allow_abbrev=False)
    parser.add_argument("--prometheus-server", default="")
    parser.add_argument("--secure-port", type=int, default=443)
    return parser.parse_known_args(argv)[0]


async def _serving(said: argparse.Namespace) -> web.Application:
    api = Api(Config.read(os.environ["LAB_CONFIG"]).kubeconfig)

    async def autoscalers(namespace: str) -> list[Document]:
        path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"
        found: list[Document] = (await api.get(path))["items"]
        return found

    async def connected(_: web.Application) -> Any:
        async with api:
            yield

    app = Adapter(autoscalers, said.prometheus_server.rstrip("/")).app()
    app.cleanup_ctx.append(connected)
    return app


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.info("This adapter is the lab's stand-in for kube-metrics-adapter")
    said = settings(sys.argv[1:])
    web.run_app(_serving(said), port=said.secure_port, ssl_context=certificate(), access_log=None, print=None)


if __name__ == "__main__":
    main()
