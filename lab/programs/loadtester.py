"""The load tester: gates that people open and close, and commands that hooks ask for.

Plays `ghcr.io/fluxcd/flagger-loadtester`. Gates live in memory, are closed at first, and are known by the canary's
name and namespace. Commands run in this pod, next to `hey`.
"""

import argparse
import json
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from prometheus_client import REGISTRY, generate_latest

from lab.programs.tasks import Tasks

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.Response]]
SHELL, BLOCKING = "cmd", "bash"
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class BadHook(Exception):
    """A request that can't be served. `status` is what it is answered with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class LoadTester:
    """The state of one load tester and its answers."""

    tasks: Tasks
    namespaces: re.Pattern[str]  # canaries elsewhere are refused
    opened: set[str] = field(default_factory=set)

    def app(self) -> web.Application:
        """Everything it answers."""
        app = web.Application(middlewares=[_explained])
        add = app.router.add_route
        add("*", "/healthz", _says(200, "OK"))
        add("*", "/readyz", _says(200, "OK"))
        add("*", "/metrics", _metrics)
        add("*", "/gate/approve", _says(200, "OK"))
        add("*", "/gate/halt", _says(403, "Forbidden"))
        for family, prefix in (("gate", ""), ("rollback", "rollback.")):
            add("POST", f"/{family}/open", self._open(prefix))
            add("POST", f"/{family}/close", self._close(prefix))
            add("POST", f"/{family}/check", self._check(prefix))
        add("POST", "/", self._task)
        app.on_cleanup.append(self._stop)
        return app

    def _open(self, prefix: str) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            gate = await self._gate(request, prefix)
            self.opened.add(gate)
            log.info("%s gate opened", gate)
            return web.Response(status=202)

        return answer

    def _close(self, prefix: str) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            gate = await self._gate(request, prefix)
            self.opened.discard(gate)
            log.info("%s gate closed", gate)
            return web.Response(status=202)

        return answer

    def _check(self, prefix: str) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            gate = await self._gate(request, prefix)
            approved = gate in self.opened
            log.info("%s gate check: approved %s", gate, str(approved).lower())
            return (
                web.Response(status=200, text="Approved")
                if approved
                else web.Response(status=403, text="Forbidden")
            )

        return answer

    async def _gate(self, request: web.Request, prefix: str) -> str:
        return prefix + self._canary(await _payload(request))

    def _canary(self, payload: dict[str, Any]) -> str:
        name, namespace = payload.get("name", ""), payload.get("namespace", "")
        if not self.namespaces.search(namespace):
            raise BadHook(403, f"namespace {namespace!r} does not match {self.namespaces.pattern}")
        return f"{name}.{namespace}"

    async def _task(self, request: web.Request) -> web.Response:
        payload = await _payload(request)
        canary, metadata = self._canary(payload), payload.get("metadata")
        if not metadata:
            raise BadHook(400, "metadata not found in payload")
        kind, command = metadata.get("type", SHELL), metadata.get("cmd")
        if kind not in (SHELL, BLOCKING):
            raise BadHook(400, f"unknown task type {kind}; this load tester knows {SHELL} and {BLOCKING}")
        if not command:
            raise BadHook(400, "cmd not found in metadata")
        if kind == BLOCKING:
            return await self._run(command, metadata.get("returnCmdOutput") == "true")
        self.tasks.begin(canary, command)
        return web.Response(status=202)

    async def _run(self, command: str, show: bool) -> web.Response:
        outcome = await self.tasks.run("bash", command)
        log.info("exit code %d from %s\n%s", outcome.code, command, outcome.output.rstrip())
        if outcome.code:
            text = f"command {command} failed: exit code {outcome.code}: {outcome.output}"
            return web.Response(status=500, text=text)
        return web.Response(status=200, text=outcome.output if show else "")

    async def _stop(self, _: web.Application) -> None:
        await self.tasks.stop()


async def _payload(request: web.Request) -> dict[str, Any]:
    try:
        payload = json.loads(await request.read())
    except ValueError as problem:
        raise BadHook(400, f"the body is not JSON: {problem}") from problem
    if not isinstance(payload, dict):
        raise BadHook(400, "the body is not a JSON object")
    return payload


@web.middleware
async def _explained(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except BadHook as problem:
        log.error("%s: %s", request.path, problem)
        return web.Response(status=problem.status, text=str(problem))
    return answer


def _says(status: int, text: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    return answer


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), content_type="text/plain", charset="utf-8")


def seconds(text: str) -> float:
    """A duration as Go writes it: `1h`, `30s`, `1h30m`. Raises `ValueError`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration; write it as 30s, 5m or 1h")
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The image's flags; the ones that mean nothing here are taken and left."""
    parser = argparse.ArgumentParser("loadtester", allow_abbrev=False)
    parser.add_argument("-port", "--port", type=int, default=9090)
    parser.add_argument("-log-level", "--log-level", default="info")
    parser.add_argument("-timeout", "--timeout", type=seconds, default=3600.0)
    parser.add_argument("-namespace-regexp", "--namespace-regexp", type=re.compile, default=re.compile(""))
    known, left = parser.parse_known_args(argv)
    if left:
        log.warning("flags without a meaning here: %s", " ".join(left))
    return known


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    flags = arguments(sys.argv[1:])
    logging.getLogger().setLevel(flags.log_level.upper())
    log.info("The lab's load tester listens on port %d", flags.port)
    tester = LoadTester(Tasks(flags.timeout), flags.namespace_regexp)
    web.run_app(tester.app(), port=flags.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
