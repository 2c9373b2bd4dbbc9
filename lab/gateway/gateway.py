"""The gateway at work: follows the cluster, keeps Traefik's routes in step, and hands out measurements."""

import asyncio
import logging
import secrets
import socket

import aiohttp
from aiohttp import web

from lab.gateway.collection import Collection
from lab.gateway.dialect import Dialect, Kind, Report
from lab.gateway.endpoints import Endpoints
from lab.gateway.ledger import Ledger
from lab.gateway.model import Labels
from lab.gateway.proxy import Traefik
from lab.gateway.serving import listening, measured
from lab.gateway.traefik import REQUEST_ID, UNMATCHED, configuration
from lab.node.kubernetes import UNREACHABLE, Api, Refused

log = logging.getLogger(__name__)

SERVICES = Kind("", "v1", "services")
SLICES = Kind("discovery.k8s.io", "v1", "endpointslices")
PAUSE_SECONDS = 0.02  # between two publications: a burst of changes becomes few files


class Gateway:
    """One gateway: what it has read, what it has published, what it has counted."""

    def __init__(self, dialect: Dialect, traefik: Traefik) -> None:
        self._dialect = dialect
        self._traefik = traefik
        self._changed = asyncio.Event()
        self._translated = asyncio.Event()
        self._published = ""
        self._reports: tuple[Report, ...] = ()
        self._names: dict[str, Labels] = {}
        self._ledger = Ledger()
        self._reading = asyncio.Lock()
        self._collections = {
            kind: Collection(kind, self._changed.set) for kind in (SERVICES, SLICES, *dialect.kinds)
        }

    async def run(self, api: Api) -> int:
        """Work until Traefik ends, by itself or because of SIGTERM; its exit code."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(collection.follow(api)) for collection in self._collections.values()]
            for collection in self._collections.values():
                await collection.complete.wait()
            self._publish()
            tasks += [
                group.create_task(work) for work in (self._keep_in_step(), self._inform(api), self._serve())
            ]
            code = await self._traefik.run()
            for task in tasks:
                task.cancel()
        return code

    async def _keep_in_step(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._publish()
            await asyncio.sleep(PAUSE_SECONDS)

    def _publish(self) -> None:
        """Translate what there is and put it in force if it differs."""
        endpoints = Endpoints.of(self._collections[SERVICES].documents, self._collections[SLICES].documents)
        documents = {kind: self._collections[kind].documents for kind in self._dialect.kinds}
        translation = self._dialect.translate(documents, endpoints)
        ports = self._traefik.ports
        excuses, ids = (f"http://127.0.0.1:{port}" for port in (ports.excuses, ports.ids))
        made = configuration(translation.routes, self._dialect.labels, excuses, ids)
        text = made.text()
        if text != self._published:
            self._names.update(made.names)
            self._traefik.publish(text)
            self._published = text
        self._reports = translation.reports
        self._translated.set()

    async def _inform(self, api: Api) -> None:
        """Tell authors what became of their documents: beside the publishing, which must not wait for it."""
        while True:
            await self._translated.wait()
            self._translated.clear()
            for report in self._reports:
                try:
                    await api.patch(report.path, {"status": report.status})
                except (Refused, *UNREACHABLE) as problem:
                    log.warning("status of %s/%s not written: %s", report.namespace, report.name, problem)

    async def _serve(self) -> None:
        """Measurements for Prometheus, the answers to requests that nobody else answers, and ids of requests."""
        ports = self._traefik.ports
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            measuring, excusing, naming = web.Application(), web.Application(), web.Application()
            measuring.router.add_get(self._dialect.metrics_path, lambda _: self._measurements(session))
            excusing.router.add_route("*", "/{path:.*}", self._excuse)
            naming.router.add_get("/", _request_id)
            async with (
                listening(measuring, "0.0.0.0", ports.measurements),
                listening(excusing, "127.0.0.1", ports.excuses),
                listening(naming, "127.0.0.1", ports.ids),
            ):
                await asyncio.Event().wait()

    async def _measurements(self, session: aiohttp.ClientSession) -> web.Response:
        async with self._reading:  # the ledger wants one reading after the other
            if reading := await self._traefik.measurements(session):
                self._ledger.enter(reading, self._names)
        return measured(self._dialect.exposition(self._ledger.totals, socket.gethostname()))

    async def _excuse(self, request: web.Request) -> web.Response:
        """No route matched, or the chosen backend has no node that is ready."""
        if UNMATCHED in request.headers:
            kind, body = self._dialect.not_found
            return web.Response(status=404, text=body, content_type=kind)
        return web.Response(status=503, text="503 Service Temporarily Unavailable\n")


async def _request_id(_: web.Request) -> web.Response:
    """As random as those of the gateways: a share of requests that is drawn by them is a share of chance."""
    return web.Response(headers={REQUEST_ID: secrets.token_hex(16)})
