"""One pod on the node: made, run, reported, ended."""

import asyncio
import shutil
from contextlib import suppress

import structlog

from lab.node.clock import now
from lab.node.container import Container
from lab.node.environment import Spec, Unresolved
from lab.node.home import Home, Services
from lab.node.kubernetes import STRATEGIC, UNREACHABLE, Document, Refused
from lab.node.network import NetworkFailed
from lab.node.status import PodSnapshot, phase_of, pod_status, resumed

RETRY_SECONDS = 1.0
REFRESH_SECONDS = 60.0
SANDBOX_FAILED = "FailedCreatePodSandBox"

log = structlog.get_logger()


class Pod:
    """`run` returns once the pod is gone from the API server and nothing of it is left on the machine."""

    def __init__(self, services: Services, document: Document) -> None:
        self._services = services
        self._dirty = asyncio.Event()
        self._ending = asyncio.Event()
        self._gone = asyncio.Event()
        self._changes: set[asyncio.Task[None]] = set()
        self.home = Home(services, document, self._dirty.set)
        spec = document["spec"]
        policy = spec.get("restartPolicy", "Always")
        patient = "Never" if policy == "Never" else "OnFailure"
        self.init = [
            self._container("initContainer", entry, entry.get("restartPolicy", patient))
            for entry in spec.get("initContainers", ())
        ]
        self.containers = [self._container("container", entry, policy) for entry in spec["containers"]]
        self.update(document)

    def update(self, document: Document) -> None:
        """Takes notice of a change of the pod's object."""
        self.home.take(document)
        for container in self.containers:
            spec = next(entry for entry in document["spec"]["containers"] if entry["name"] == container.name)
            if spec["image"] != container.spec["image"]:
                change = asyncio.create_task(container.become(spec))
                self._changes.add(change)
                change.add_done_callback(self._changes.discard)
        if "deletionTimestamp" in document["metadata"]:
            self._ending.set()

    def vanish(self) -> None:
        """Takes notice that the pod's object is gone: it ends at once."""
        self._gone.set()
        self._ending.set()

    def find(self, container: str) -> Container | None:
        """The container of that name, init containers included."""
        return next((one for one in (*self.containers, *self.init) if one.name == container), None)

    async def run(self) -> None:
        """Runs the pod for as long as it is bound here."""
        reporting = asyncio.create_task(self._report())
        life = asyncio.create_task(self._live())
        try:
            await self._ending.wait()
            await self._stop(life)
        finally:
            reporting.cancel()
            life.cancel()
            self._leave_network()
        if not self._gone.is_set():
            await self._say_goodbye()
        await asyncio.to_thread(shutil.rmtree, self.home.folder, ignore_errors=True)

    @property
    def snapshot(self) -> PodSnapshot:
        """What the pod's containers are doing now."""
        return PodSnapshot(
            init=tuple(container.snapshot for container in self.init),
            containers=tuple(container.snapshot for container in self.containers),
            address=self.home.address,
            host=self._services.config.node_address,
            terminating=self._ending.is_set(),
        )

    def _container(self, kind: str, spec: Spec, policy: str) -> Container:
        statuses = self.home.document.get("status", {}).get(f"{kind}Statuses", ())
        before = next((status for status in statuses if status["name"] == spec["name"]), None)
        path = f"spec.{kind}s{{{spec['name']}}}"
        return Container(self.home, spec, policy, resumed(spec, policy, before, now()), path)

    async def _live(self) -> None:
        """From nothing to containers that have all ended, which most never do."""
        if phase_of(self.home.document, self.snapshot) in ("Succeeded", "Failed"):
            return
        try:
            await self._join_network()
            await self._fill_volumes()
            refresh = asyncio.create_task(self._refresh_volumes())
            try:
                await self._run_containers()
            finally:
                refresh.cancel()
        except Exception:  # ours, then: the pod stays as it is, and the others are none the worse for it
            log.exception("pod given up", pod=self.home.name)
        if not self._ending.is_set():
            self._leave_network()

    async def _run_containers(self) -> None:
        sidecars = []
        for container in self.init:
            if container.snapshot.sidecar:
                sidecars.append(asyncio.create_task(container.live()))
                await container.has_started.wait()
                continue
            await container.live()
            if not container.snapshot.succeeded:
                return
        await asyncio.gather(*(container.live() for container in self.containers))
        if not self._ending.is_set():
            await asyncio.gather(*(one.stop(self.home.grace) for one in self.init if one.snapshot.sidecar))
        await asyncio.gather(*sidecars)

    async def _join_network(self) -> None:
        if self.home.document["spec"].get("hostNetwork"):
            return
        preferred = self.home.document.get("status", {}).get("podIP", "")
        while not self._ending.is_set():
            try:
                await self._attach(preferred)
                return
            except NetworkFailed as error:
                self.home.tell(SANDBOX_FAILED, f"Failed to create pod sandbox: {error}")
                await asyncio.sleep(RETRY_SECONDS)

    async def _attach(self, preferred: str) -> None:
        home, network = self.home, self._services.network
        if not home.attachment:
            home.attachment = await network.attach(preferred)
            self._dirty.set()
        if home.fronted:
            home.behind = await network.attach(front=home.attachment.address)

    async def _fill_volumes(self) -> None:
        while not self._ending.is_set():
            try:
                await self.home.volumes.fill()
                return
            except Unresolved as error:
                self.home.tell("FailedMount", f"MountVolume.SetUp failed: {error}")
            except (Refused, *UNREACHABLE) as error:
                log.info("pod waits for its volumes", pod=self.home.name, reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _refresh_volumes(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            # Until there is something newer, what is there stays.
            with suppress(Unresolved, Refused, *UNREACHABLE):
                await self.home.volumes.fill()

    async def _stop(self, life: "asyncio.Task[None]") -> None:
        """Ends what runs, in its grace period unless the pod's object vanishes first."""
        stopping = asyncio.create_task(self._stop_containers())
        vanished = asyncio.create_task(self._gone.wait())
        await asyncio.wait({stopping, vanished}, return_when=asyncio.FIRST_COMPLETED)
        vanished.cancel()
        stopping.cancel()
        for container in (*self.init, *self.containers):
            if container.run:
                container.run.kill()
        await asyncio.wait({stopping, life}, timeout=RETRY_SECONDS)

    async def _stop_containers(self) -> None:
        """Containers together, then the sidecars that they may need to the last."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.home.grace
        main = [one for one in self.init if not one.snapshot.sidecar] + self.containers
        await asyncio.gather(*(one.stop(self.home.grace) for one in main))
        left = max(deadline - loop.time(), 0)
        await asyncio.gather(*(one.stop(left) for one in self.init if one.snapshot.sidecar))

    def _leave_network(self) -> None:
        for attachment in filter(None, (self.home.attachment, self.home.behind)):
            self._services.network.detach(attachment)
        self.home.attachment = self.home.behind = None

    async def _report(self) -> None:
        """Writes the status whenever it may have changed."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._write_status()
            except Refused as refusal:
                if refusal.code in (404, 409):  # the pod is gone; the watch will say so
                    continue
                log.warning("status refused", pod=self.home.name, reason=str(refusal))
            except UNREACHABLE:
                await asyncio.sleep(RETRY_SECONDS)
                self._dirty.set()

    async def _write_status(self) -> None:
        document = self.home.document
        status = pod_status(document, self.snapshot, now())
        body = {"metadata": {"uid": document["metadata"]["uid"]}, "status": status}
        self.home.take(await self._services.api.patch(f"{self._path}/status", body, STRATEGIC))

    async def _say_goodbye(self) -> None:
        """Lets the API server forget the pod."""
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.home.document["metadata"]["uid"]}}
        while not self._gone.is_set():
            try:
                await self._write_status()
                await self._services.api.delete(self._path, options)
                return
            except Refused as refusal:
                if refusal.code in (404, 409):
                    return
                log.warning("deletion refused", pod=self.home.name, reason=str(refusal))
            except UNREACHABLE:
                pass
            await asyncio.sleep(RETRY_SECONDS)

    @property
    def _path(self) -> str:
        metadata = self.home.document["metadata"]
        return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
