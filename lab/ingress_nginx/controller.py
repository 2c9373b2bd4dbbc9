"""The controller at work: follows the cluster, keeps nginx in step, and hands out measurements."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from aiohttp import web

from lab.gateway.collection import Collection
from lab.gateway.dialect import Kind
from lab.gateway.endpoints import Endpoints
from lab.gateway.gateway import SERVICES, SLICES
from lab.gateway.model import Labels
from lab.gateway.serving import listening, measured
from lab.ingress_nginx.access_log import AccessLog
from lab.ingress_nginx.configuration import Places, configuration
from lab.ingress_nginx.documents import plan
from lab.ingress_nginx.measurements import Measurements
from lab.ingress_nginx.server import Nginx
from lab.node.kubernetes import Api

INGRESSES = Kind("networking.k8s.io", "v1", "ingresses")
SECRETS = Kind("", "v1", "secrets")
PAUSE_SECONDS = 0.02  # between two publications: a burst of changes becomes few reloads

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What the image's flags say."""

    ingress_class: str
    plain: int
    secure: int
    health: int


class Controller:
    """One controller: what it has read, what is in force, what it has counted."""

    def __init__(self, settings: Settings, nginx: Nginx, labels: Labels) -> None:
        self._settings, self._nginx = settings, nginx
        self._changed = asyncio.Event()
        self._published = ""
        self._problems: tuple[str, ...] = ()
        self._measurements = Measurements(labels)
        self._log = AccessLog(nginx.log, nginx.reopen)
        kinds = (SERVICES, SLICES, INGRESSES, SECRETS)
        self._collections = {kind: Collection(kind, self._changed.set) for kind in kinds}

    async def run(self, api: Api) -> int:
        """Work until nginx ends, by itself or because of SIGTERM; its exit code."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(collection.follow(api)) for collection in self._collections.values()]
            for collection in self._collections.values():
                await collection.complete.wait()
            await self._publish()
            tasks += [group.create_task(self._keep_in_step()), group.create_task(self._serve())]
            code = await self._nginx.run()
            for task in tasks:
                task.cancel()
        self._log.close()
        return code

    async def _keep_in_step(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._publish()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _publish(self) -> None:
        """Put in force what the documents ask for, if it differs."""
        documents = {kind: collection.documents for kind, collection in self._collections.items()}
        endpoints = Endpoints.of(documents[SERVICES], documents[SLICES])
        asked = plan(documents[INGRESSES], documents[SECRETS], endpoints, self._settings.ingress_class)
        for problem in set(asked.problems) - set(self._problems):
            log.warning("%s", problem)
        self._problems = asked.problems
        self._nginx.keep(asked.certificates)
        places = Places(
            self._nginx.certificates, self._nginx.log, self._settings.plain, self._settings.secure
        )
        text = configuration(asked, places)
        if text != self._published and await self._nginx.publish(text):
            self._published = text

    async def _serve(self) -> None:
        """The controller's own port: whether it is well, and its measurements."""
        app = web.Application()
        app.router.add_get("/healthz", _well)
        app.router.add_get("/metrics", self._expose)
        async with listening(app, "0.0.0.0", self._settings.health):
            await asyncio.Event().wait()

    async def _expose(self, _: web.Request) -> web.Response:
        self._measurements.enter(self._log.read())
        return measured(self._measurements.exposition())


async def _well(_: web.Request) -> web.Response:
    return web.Response(text="ok")
