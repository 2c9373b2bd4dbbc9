"""The agent at work: keeps Envoy, says whether it is ready, and hands out measurements."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import aiohttp
from aiohttp import web

from lab.child import ending_with_parent
from lab.gateway.serving import listening, measured
from lab.istio.bootstrap import ADMIN, bootstrap
from lab.istio.measurements import FILTER, exposition
from lab.istio.proxy import Proxy

STATUS, HEALTH = 15020, 15021
OPTIONS = ("--concurrency", "1", "--log-level", "warning", "--component-log-level", "misc:error")
"""`misc` would say with every setting of istiod's which fields Envoy is going to drop."""


class Agent:
    """Keeps the Envoy that is `proxy`, whose files are in `folder`."""

    def __init__(self, proxy: Proxy, program: Path, folder: Path) -> None:
        self._proxy, self._program, self._folder = proxy, program, folder

    async def run(self) -> int:
        """Work until Envoy ends, by itself or because of SIGTERM; its exit code."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            serving = asyncio.create_task(self._serve(session))
            try:
                return await self._run_envoy(session)
            finally:
                serving.cancel()

    async def _run_envoy(self, session: aiohttp.ClientSession) -> int:
        settings = self._folder / "bootstrap.json"
        settings.write_text(json.dumps(bootstrap(self._proxy)))
        seconds = int(self._proxy.drain_seconds)
        drain = ("--drain-time-s", str(seconds), "--parent-shutdown-time-s", str(seconds + 1))
        process = await asyncio.create_subprocess_exec(
            *(self._program, "-c", settings, *OPTIONS, *drain), preexec_fn=ending_with_parent(signal.SIGTERM)
        )
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        ending = asyncio.create_task(self._end(process, session, told))
        try:
            return await process.wait()
        finally:
            ending.cancel()

    async def _end(
        self, process: asyncio.subprocess.Process, session: aiohttp.ClientSession, told: asyncio.Event
    ) -> None:
        """Let nobody in any more, and those who are in finish; then end."""
        await told.wait()
        whom = "inboundonly&" if self._proxy.role == "sidecar" else ""
        await self._ask(session, f"drain_listeners?{whom}graceful", method="POST")
        await asyncio.sleep(self._proxy.drain_seconds)
        process.terminate()

    async def _serve(self, session: aiohttp.ClientSession) -> None:
        status, health = web.Application(), web.Application()
        status.router.add_get("/stats/prometheus", lambda _: self._measurements(session))
        for app in (status, health):
            app.router.add_get("/healthz/ready", lambda _: self._readiness(session))
        async with listening(status, "0.0.0.0", STATUS), listening(health, "0.0.0.0", HEALTH):
            await asyncio.Event().wait()

    async def _readiness(self, session: aiohttp.ClientSession) -> web.Response:
        """Envoy is ready once it has everything from istiod."""
        ready = (await self._ask(session, "ready")).strip() == "LIVE"
        return web.Response(status=200 if ready else 503)

    async def _measurements(self, session: aiohttp.ClientSession) -> web.Response:
        """Envoy's, and the application's own below them."""
        counts = await self._ask(session, f"stats/prometheus?usedonly&filter={FILTER}")
        own = await _text(session, self._proxy.scraped) if self._proxy.scraped else ""
        return measured(exposition(counts, self._proxy) + own)

    async def _ask(self, session: aiohttp.ClientSession, what: str, method: str = "GET") -> str:
        host, port = ADMIN
        return await _text(session, f"http://{host}:{port}/{what}", method)


async def _text(session: aiohttp.ClientSession, url: str, method: str = "GET") -> str:
    """What is answered; nothing while nobody answers."""
    try:
        async with session.request(method, url) as response:
            return await response.text() if response.ok else ""
    except (aiohttp.ClientError, OSError, TimeoutError):
        return ""
