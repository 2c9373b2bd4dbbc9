"""The node: pods that are bound to it are run, others are not its business."""

import asyncio
from contextlib import AsyncExitStack

import structlog

from lab.config import Config
from lab.node.checks import Checker
from lab.node.events import Events
from lab.node.home import Services
from lab.node.kubernetes import Api, Change
from lab.node.names import Names
from lab.node.network import Network
from lab.node.pod import Pod
from lab.node.process import kill, left_behind
from lab.node.registration import Registration, capacity
from lab.node.server import Server

log = structlog.get_logger()


class Agent:
    """Runs the node described by `config`. `longest_backoff`: seconds between tries of a crashing container."""

    def __init__(self, config: Config, longest_backoff: float) -> None:
        self._config, self._longest_backoff = config, longest_backoff
        self.pods: dict[str, Pod] = {}  # by uid
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Runs until cancelled."""
        kill(left_behind(self._config.path))
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(Api(self._config.kubeconfig))
            checker = await stack.enter_async_context(Checker())
            events = Events(api, self._config.node_name)
            network = Network(self._config)
            await network.prepare()
            services = Services(
                self._config, api, events, checker, network, capacity(), self._longest_backoff
            )
            runner = await Server(self._config, api, self.pods).start()
            stack.push_async_callback(runner.cleanup)
            names = await Names(self._config.hosts, self._host_names).start(self._config.node_address)
            stack.callback(names.close)
            async with asyncio.TaskGroup() as group:
                group.create_task(events.run())
                group.create_task(Registration(self._config, api).run())
                group.create_task(self._follow(services))

    def _host_names(self) -> dict[str, str]:
        return {pod.home.address: pod.home.hostname for pod in self.pods.values()}

    async def _follow(self, services: Services) -> None:
        selector = f"spec.nodeName={self._config.node_name}"
        async for change in services.api.watch("/api/v1/pods", fieldSelector=selector):
            self._take(services, change)

    def _take(self, services: Services, change: Change) -> None:
        uid = change.document["metadata"]["uid"]
        pod = self.pods.get(uid)
        if change.kind == "DELETED":
            if pod:
                pod.vanish()
        elif pod:
            pod.update(change.document)
        else:
            self.pods[uid] = pod = Pod(services, change.document)
            task = asyncio.create_task(self._run(uid, pod))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, uid: str, pod: Pod) -> None:
        try:
            await pod.run()
        except Exception:
            log.exception("pod failed", pod=pod.home.name)
        finally:
            self.pods.pop(uid, None)
