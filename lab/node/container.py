"""One container of a pod: pulled, started, started again when it ends, stopped."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import structlog

from lab import images
from lab.node.backoff import FORGOTTEN_AFTER, Backoff
from lab.node.care import Care, Reports
from lab.node.checks import Target
from lab.node.clock import now
from lab.node.environment import Spec, Unresolved, command_line, variables
from lab.node.home import Home
from lab.node.kubernetes import UNREACHABLE, Refused
from lab.node.output import Output
from lab.node.process import NOT_STARTED, Command, StartFailed
from lab.node.pull import Puller
from lab.node.run import Run, Wanted
from lab.node.status import ContainerSnapshot, Running, Terminated, Waiting, rests

RETRY_SECONDS = 1.0

log = structlog.get_logger()


class Container:
    """`policy` is the restart policy that holds for this container: Always, OnFailure or Never.

    `field` is the path of its spec in the pod's, for events.
    """

    def __init__(self, home: Home, spec: Spec, policy: str, snapshot: ContainerSnapshot, field: str) -> None:
        self.spec = spec
        self.snapshot = snapshot
        self.run: Run | None = None  # the present one
        self.output: Output | None = None  # of the present or last run
        self.has_started = asyncio.Event()  # once: a sidecar lets those after it begin
        self._home, self._policy, self._field = home, policy, field
        self._stopping = asyncio.Event()
        self._care: Care | None = None

    @property
    def name(self) -> str:
        """The container's name in its pod."""
        return str(self.spec["name"])

    async def live(self) -> None:
        """Runs the container until it is stopped or its policy has it at rest."""
        backoff = Backoff(self._home.services.longest_backoff)
        while not self._stopping.is_set() and not isinstance(self.snapshot.state, Terminated):
            image = await Puller(self.spec["image"], self._tell, self._wait_for, self._pause).pull()
            command = image and await self._prepare(image)
            if not image or not command:
                return
            begun = time.monotonic()
            code = await self._run(image, command)
            if self._stopping.is_set() or rests(self._policy, code):
                return
            backoff = backoff if time.monotonic() - begun < FORGOTTEN_AFTER else Backoff(backoff.longest)
            await self._back_off(backoff.seconds)
            backoff = backoff.after()

    async def stop(self, grace: float) -> None:
        """Ends the container for good: its preStop hook, SIGTERM, and after `grace` seconds in all SIGKILL."""
        self._stopping.set()
        self.has_started.set()
        if self.run and self.run.process.running:
            self._tell("Killing", f"Stopping container {self.name}")
            await self._end(grace)

    async def become(self, spec: Spec) -> None:
        """Takes a changed spec. Only its image can change in a running pod, and then the program is restarted."""
        changed = spec["image"] != self.spec["image"]
        self.spec = spec
        self._become(image=spec["image"])
        if changed and self.run:
            await self._restart("definition changed", None)

    async def _prepare(self, image: images.Image) -> Command | None:
        """What is to be run, once all it refers to is there; None if the container is stopped meanwhile."""
        while True:
            try:
                return await self._resolve(image)
            except Unresolved as error:
                self._wait_for(Waiting("CreateContainerConfigError", str(error)))
                self._tell("Failed", f"Error: {error}")
            except (Refused, *UNREACHABLE) as error:
                log.info("container waits for the API server", pod=self._home.name, reason=str(error))
            if not await self._pause(RETRY_SECONDS):
                return None

    async def _resolve(self, image: images.Image) -> Command:
        environment = variables(self.spec, self._home.environment(image), await self._home.sources(self.spec))
        argv = command_line(self.spec, image.program.entrypoint, image.program.arguments, environment)
        return Command(argv, environment, self.spec.get("workingDir") or image.program.directory)

    async def _run(self, image: images.Image, command: Command) -> int:
        begun, name = now(), f"lab://{uuid4().hex}"
        self._become(image_id=image.id, container_id=name)
        self._tell("Created", "Container created")
        try:
            code, reason = await self._run_program(image, command), ""
            message = self._home.last_words(self.spec)
        except (StartFailed, OSError) as error:  # such as a full disk
            code, reason, message = NOT_STARTED, "StartError", str(error)
            self._tell("Failed", f"Error: {error}")
        ended = Terminated(code, begun, now(), name, reason, message)
        self._become(state=ended, started=False, ready=False)
        return code

    async def _run_program(self, image: images.Image, command: Command) -> int:
        self.output = output = Output(self._home.log(self.name, self.snapshot.restarts))
        wanted = Wanted(self.spec.get("stdin", False), self.spec.get("tty", False))
        try:
            self.run = run = await Run.begin(self._home.room(self.spec, image), command, output, wanted)
            self._become(state=Running(now()))
            self._tell("Started", "Container started")
            return await self._look_after(run, image)
        finally:
            self.run = None
            output.close()

    async def _look_after(self, run: Run, image: images.Image) -> int:
        target = Target(self._home.services.checker, self._home.reached(image), self.spec, image, run.execute)
        reports = Reports(self._tell, self._started, self._ready, self._restart)
        self._care = Care(self.spec, target, reports, self._home.grace)
        care = asyncio.create_task(self._care.run())
        try:
            if self._stopping.is_set():
                run.kill()  # stopped while it was being started
            return await run.wait()
        finally:
            care.cancel()

    async def _restart(self, why: str, grace: float | None) -> None:
        self._tell("Killing", f"Container {self.name} {why}, will be restarted")
        await self._end(self._home.grace if grace is None else grace)

    async def _end(self, grace: float) -> None:
        if self.run and self._care:
            await self.run.end(grace, self._care.before_stop)

    async def _back_off(self, seconds: float) -> None:
        """Between an end and the next start; a container that is stopped meanwhile stays ended."""
        ended = self.snapshot.state
        assert isinstance(ended, Terminated)
        if seconds:
            pod = self._home.name
            message = f"back-off {duration(seconds)} restarting failed container={self.name} pod={pod}"
            self._become(state=Waiting("CrashLoopBackOff", message), last=ended)
            self._tell("BackOff", f"Back-off restarting failed container {self.name} in pod {pod}")
        if await self._pause(seconds):
            self._become(state=Waiting(), last=ended, restarts=self.snapshot.restarts + 1)
        else:
            self._become(state=ended)

    async def _pause(self, seconds: float) -> bool:
        """Waits, but not on when the container is stopped; then the answer is False."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return not self._stopping.is_set()

    def _started(self) -> None:
        self._become(started=True)
        self.has_started.set()

    def _ready(self, ready: bool) -> None:
        self._become(ready=ready)

    def _wait_for(self, state: Waiting) -> None:
        self._become(state=state)

    def _become(self, **changes: object) -> None:
        changed = replace(self.snapshot, **changes)  # type: ignore[arg-type]  # fields are checked by `replace`
        if changed != self.snapshot:
            self.snapshot = changed
            self._home.changed()

    def _tell(self, reason: str, message: str) -> None:
        self._home.tell(reason, message, self._field)


def duration(seconds: float) -> str:
    """As in `1m20s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
