"""The node's HTTPS server: what the API server, metrics-server and through them kubectl ask of a kubelet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aiohttp import web

from lab.config import Config
from lab.node import logs, metrics, remote, usage
from lab.node.access import Guard, tls
from lab.node.clock import parse
from lab.node.container import Container
from lab.node.kubernetes import Api
from lab.node.pod import Pod
from lab.node.status import ContainerSnapshot, Waiting


class Server:
    """Serves what it finds in `pods`, a mapping that others keep up to date."""

    def __init__(self, config: Config, api: Api, pods: Mapping[str, Pod]) -> None:
        self._config, self._pods = config, pods
        self._meter = metrics.Meter()
        self._app = web.Application(middlewares=[Guard(api).middleware()])
        container = "/{namespace}/{pod}/{container}"
        self._app.add_routes(
            [
                web.get("/healthz", self._health),
                web.get("/pods", self._list),
                web.get("/metrics/resource", self._metrics),
                web.get("/stats/summary", self._summary),
                web.get("/containerLogs" + container, self._logs),
                *(web.route("*", "/exec" + path, self._exec) for path in (container, _with_uid(container))),
                *(
                    web.route("*", "/attach" + path, self._attach)
                    for path in (container, _with_uid(container))
                ),
            ]
        )

    async def start(self) -> web.AppRunner:
        """Begins to listen on the node's address."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(
            runner, self._config.node_address, self._config.kubelet_port, ssl_context=tls(self._config)
        ).start()
        return runner

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _list(self, _: web.Request) -> web.Response:
        items = [pod.home.document for pod in self._pods.values()]
        return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})

    async def _metrics(self, _: web.Request) -> web.Response:
        text = metrics.exposition(self._meter.samples(self._pods.values()), usage.of_machine())
        return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _summary(self, _: web.Request) -> web.Response:
        samples = self._meter.samples(self._pods.values())
        return web.json_response(metrics.summary(self._config.node_name, samples, usage.of_machine()))

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        return await remote.run_command(request, self._find(request)[1])

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        return await remote.attach(request, self._find(request)[1])

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        pod, container = self._find(request)
        run = run_of(container.snapshot, request.query.get("previous") == "true")
        path = pod.home.log(container.name, run)
        if not path.exists():
            raise web.HTTPBadRequest(text=_no_log(pod, container, run))
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        left = int(request.query.get("limitBytes", 0)) or None
        ended = container.output.ended if container.output else None
        async for text in logs.read(path, query(request.query), ended):
            await response.write(text if left is None else text[:left])
            left = None if left is None else left - len(text)
            if left is not None and left <= 0:
                break
        return response

    def _find(self, request: web.Request) -> tuple[Pod, Container]:
        asked = request.match_info
        for pod in self._pods.values():
            metadata = pod.home.document["metadata"]
            if (metadata["namespace"], metadata["name"]) == (asked["namespace"], asked["pod"]):
                container = pod.find(asked["container"])
                if container:
                    return pod, container
        raise web.HTTPNotFound(
            text=f"container {asked['container']} of pod {asked['pod']} is not on this node"
        )


def run_of(container: ContainerSnapshot, previous: bool) -> int:
    """Number of the run whose log is meant. Between two runs, the last one is also the previous one."""
    crashed = isinstance(container.state, Waiting) and container.state.reason == "CrashLoopBackOff"
    return container.restarts - (previous and not crashed)


def query(asked: Mapping[str, str]) -> logs.Query:
    """The part of a log that a request's parameters ask for."""
    since = None
    if "sinceSeconds" in asked:
        since = datetime.now(UTC) - timedelta(seconds=int(asked["sinceSeconds"]))
    elif "sinceTime" in asked:
        since = parse(asked["sinceTime"])
    tail = asked.get("tailLines", "")
    return logs.Query(
        tail=int(tail) if tail else None,
        since=since,
        timestamps=asked.get("timestamps") == "true",
        follow=asked.get("follow") == "true",
    )


def _with_uid(container: str) -> str:
    return container.replace("{container}", "{uid}/{container}")


def _no_log(pod: Pod, container: Container, run: int) -> str:
    name = pod.home.document["metadata"]["name"]
    if run < container.snapshot.restarts:
        return f'previous terminated container "{container.name}" in pod "{name}" not found'
    state = container.snapshot.state
    reason = f": {state.reason}" if isinstance(state, Waiting) else ""
    return f'container "{container.name}" in pod "{name}" is waiting to start{reason}'
