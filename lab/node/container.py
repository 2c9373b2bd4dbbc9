"""One container of a pod: pulled, started, looked after, started again, stopped."""

import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from uuid import uuid4

import structlog

from lab import images
from lab.errors import LabError
from lab.node.backoff import Backoff
from lab.node.checks import Target
from lab.node.clock import now
from lab.node.environment import Spec, Unresolved, command_line, variables
from lab.node.home import Home
from lab.node.kubernetes import UNREACHABLE, Refused
from lab.node.output import Output
from lab.node.pipes import Ends, chunks, pipes, terminal
from lab.node.probes import Schedule, results
from lab.node.process import (
    NOT_STARTED,
    Command,
    Process,
    Room,
    StartFailed,
    Streams,
    kill,
    members,
    root_of,
    start,
)
from lab.node.status import Condition, Running, Terminated, Waiting, rests

DEFAULT_GRACE = 30
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class Container:
    """`policy` is the restart policy that holds for this container: Always, OnFailure or Never."""

    def __init__(self, home: Home, spec: Spec, policy: str, condition: Condition, field: str) -> None:
        self.spec = spec
        self.condition = condition
        self.output: Output | None = None  # of the present or last run
        self.ends = Ends()
        self.has_started = asyncio.Event()  # once: a sidecar lets those after it begin
        self._home, self._policy, self._field = home, policy, field
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._root = 0
        self._command = Command((), {})
        self._reason = ""  # why the present run was ended from outside

    @property
    def name(self) -> str:
        """The container's name in its pod."""
        return str(self.spec["name"])

    @property
    def root(self) -> int:
        """The mount namespace of the present run, 0 if there is none."""
        return self._root

    async def run(self) -> None:
        """Runs the container until it is stopped or its policy has it at rest."""
        if isinstance(self.condition.state, Terminated):
            return
        backoff = Backoff(self._home.services.longest_backoff)
        while not self._stopping.is_set():
            image = await self._pull()
            command = image and await self._prepare(image)
            if not image or not command:
                return
            begun = time.monotonic()
            code = await self._run_once(image, command)
            if self._stopping.is_set() or rests(self._policy, code):
                return
            await self._back_off(backoff.seconds)
            backoff = backoff.after(time.monotonic() - begun)
            self._become(restarts=self.condition.restarts + 1)

    async def stop(self, grace: float) -> None:
        """Ends the container for good: its preStop hook, SIGTERM, and after `grace` seconds in all SIGKILL."""
        self._stopping.set()
        self.has_started.set()
        if self._process and self._process.running:
            self._tell("Killing", f"Stopping container {self.name}")
            await self._end(grace)

    async def _pull(self) -> images.Image | None:
        """The image with its programs, however long they take to get; None when the container is stopped meanwhile."""
        backoff = Backoff().after()
        while not self._stopping.is_set():
            problem = ""
            try:
                return await self._get_image()
            except images.UnknownImage as error:
                problem = str(error)
            except LabError as error:
                problem = str(error)
            self._refuse_image(problem)
            await self._pause(1.0)
            self._wait_for(
                "ImagePullBackOff", f'Back-off pulling image "{self.spec["image"]}": ErrImagePull: {problem}'
            )
            self._tell("BackOff", f'Back-off pulling image "{self.spec["image"]}"')
            await self._pause(backoff.seconds)
            backoff = backoff.after()
        return None

    async def _get_image(self) -> images.Image:
        name, begun = self.spec["image"], time.monotonic()
        image = images.find(name)
        pulled = await asyncio.to_thread(images.pull, image)
        took = time.monotonic() - begun
        if took < 1:
            self._tell("Pulled", f'Container image "{name}" already present on machine')
        else:
            self._tell(
                "Pulled",
                f'Successfully pulled image "{name}" in {took:.1f}s ({took:.1f}s including waiting).',
            )
        return pulled

    def _refuse_image(self, problem: str) -> None:
        message = f'failed to pull image "{self.spec["image"]}": {problem}'
        self._wait_for("ErrImagePull", message)
        self._tell("Failed", f'Failed to pull image "{self.spec["image"]}": {problem}')
        self._tell("Failed", "Error: ErrImagePull")

    async def _prepare(self, image: images.Image) -> Command | None:
        """What is to be run, once all it refers to is there."""
        while not self._stopping.is_set():
            try:
                return await self._resolve(image)
            except Unresolved as error:
                self._wait_for("CreateContainerConfigError", str(error))
                self._tell("Failed", f"Error: {error}")
            except (Refused, *UNREACHABLE) as error:
                log.info("container waits for the API server", pod=self._home.name, reason=str(error))
            await self._pause(RETRY_SECONDS)
        return None

    async def _resolve(self, image: images.Image) -> Command:
        environment = variables(self.spec, self._home.environment(image), await self._home.sources(self.spec))
        argv = command_line(self.spec, image.program.entrypoint, image.program.arguments, environment)
        return Command(argv, environment, self.spec.get("workingDir") or image.program.directory)

    async def _run_once(self, image: images.Image, command: Command) -> int:
        begun, name = now(), uuid4().hex
        self._command = command
        self._reason = ""
        self._become(image_id=image.id, container_id=f"lab://{name}")
        self._tell("Created", "Container created")
        output = self.output = Output(self._home.log(self.name, self.condition.restarts))
        try:
            code, message = await self._run_process(image, output), ""
        except StartFailed as error:
            code, message = NOT_STARTED, str(error)
            self._reason = "StartError"
            self._tell("Failed", f"Error: {error}")
        finally:
            output.close()
        ended = Terminated(code, begun, now(), self.condition.container_id, self._reason, message)
        self._become(state=ended, started=False, ready=False)
        return code

    async def _run_process(self, image: images.Image, output: Output) -> int:
        with ExitStack() as theirs:
            stdin = self.spec.get("stdin", False)
            streams, self.ends = terminal(theirs) if self.spec.get("tty") else pipes(stdin, theirs)
            copies = [
                asyncio.create_task(output.copy(self.ends.stdout, "stdout")),
                asyncio.create_task(output.copy(self.ends.stderr, "stderr")),
            ]
            process = await start(self._home.room(self.spec, image), self._command, streams)
        self._process, self._root = process, root_of(process.pid)
        self._become(state=Running(now()))
        self._tell("Started", "Container started")
        care = asyncio.create_task(self._care(image))
        try:
            code = await process.wait()
        finally:
            care.cancel()
            kill(members(self._root))
            self._process, self._root = None, 0
        await asyncio.gather(*copies)
        self.ends.close()
        return code

    async def _care(self, image: images.Image) -> None:
        """Looks after the running program: postStart hook, then probes."""
        target = Target(self._home.services.checker, self._home.address, self.spec, image, self.execute)
        hook = self.spec.get("lifecycle", {}).get("postStart")
        if hook and (problem := await self._hook(target, hook)):
            self._tell("FailedPostStartHook", f"PostStartHook failed: {problem}")
            await self._restart("FailedPostStartHook")
        if "startupProbe" in self.spec:
            await self._until_started(target)
        self._become(started=True, ready="readinessProbe" not in self.spec)
        self.has_started.set()
        watches = []
        if "readinessProbe" in self.spec:
            watches.append(self._watch_readiness(target))
        if "livenessProbe" in self.spec:
            watches.append(self._watch_liveness(target))
        await asyncio.gather(*watches)

    async def _until_started(self, target: Target) -> None:
        async for verdict in self._verdicts(target, "startup"):
            if verdict:
                return
            if verdict is False:
                await self._restart("startup")

    async def _watch_readiness(self, target: Target) -> None:
        async for verdict in self._verdicts(target, "readiness"):
            if verdict is not None and verdict != self.condition.ready:
                self._become(ready=verdict)

    async def _watch_liveness(self, target: Target) -> None:
        async for verdict in self._verdicts(target, "liveness"):
            if verdict is False:
                await self._restart("liveness")

    async def _verdicts(self, target: Target, kind: str):  # type: ignore[no-untyped-def]
        probe = self.spec[f"{kind}Probe"]
        schedule = Schedule.parse(probe)
        async for result in results(lambda: target.look(probe, schedule.timeout), schedule):
            if result.problem:
                self._tell("Unhealthy", f"{kind.capitalize()} probe failed: {result.problem}")
            yield result.verdict

    async def _restart(self, why: str) -> None:
        self._tell("Killing", f"Container {self.name} failed {why} probe, will be restarted")
        probe = self.spec.get(f"{why}Probe", {})
        await self._end(probe.get("terminationGracePeriodSeconds", self._grace))

    @property
    def _grace(self) -> float:
        return float(self._home.document["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE))

    async def _end(self, grace: float) -> None:
        """Ends the present run."""
        process = self._process
        assert process is not None
        deadline = time.monotonic() + grace
        with suppress(TimeoutError):
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + grace):
                await self._before_stop()
                process.send(signal.SIGTERM)
                await process.wait()
        if process.running:
            log.info("killed after its grace period", pod=self._home.name, container=self.name, late=deadline)
            kill(members(self._root))
            await process.wait()

    async def _before_stop(self) -> None:
        hook = self.spec.get("lifecycle", {}).get("preStop")
        if not hook:
            return
        image = images.find(self.spec["image"])
        target = Target(self._home.services.checker, self._home.address, self.spec, image, self.execute)
        if problem := await self._hook(target, hook):
            self._tell("FailedPreStopHook", f"PreStopHook failed: {problem}")

    async def _hook(self, target: Target, hook: Spec) -> str:
        if "sleep" in hook:
            await asyncio.sleep(hook["sleep"]["seconds"])
            return ""
        return await target.look(hook, timeout=self._grace)

    async def execute(self, argv: Sequence[str], timeout: float) -> tuple[int, str]:
        """Runs a command beside the program; its exit code and output. Raises `TimeoutError`."""
        with ExitStack() as theirs:
            streams, ends = pipes(False, theirs)
            try:
                process = await self.start_beside(tuple(argv), streams)
            except StartFailed as error:
                return NOT_STARTED, str(error)
        try:
            async with asyncio.timeout(timeout):
                said = await asyncio.gather(_all(ends.stdout), _all(ends.stderr))
                return await process.wait(), "".join(said)
        finally:
            process.send(signal.SIGKILL)

    async def start_beside(self, argv: tuple[str, ...], streams: Streams) -> Process:
        """Starts a command where the program runs. Raises `StartFailed`."""
        if not self._process or not self._process.running:
            raise StartFailed(f"container {self.name} is not running")
        environment = {**self._command.environment, **({"TERM": "xterm"} if streams.terminal else {})}
        command = Command(argv, environment, self._command.directory)
        return await start(Room(beside=self._process.pid), command, streams)

    async def _back_off(self, seconds: float) -> None:
        ended = self.condition.state
        assert isinstance(ended, Terminated)
        if seconds:
            pod = self._home.name
            message = f"back-off {_duration(seconds)} restarting failed container={self.name} pod={pod}"
            self._become(last=ended, state=Waiting("CrashLoopBackOff", message))
            self._tell("BackOff", f"Back-off restarting failed container {self.name} in pod {pod}")
            await self._pause(seconds)
        if self._stopping.is_set():
            self._become(state=ended)
        else:
            self._become(last=ended)

    async def _pause(self, seconds: float) -> None:
        """Waits, but not on when the container is stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _wait_for(self, reason: str, message: str) -> None:
        self._become(state=Waiting(reason, message))

    def _become(self, **changes: object) -> None:
        changed = replace(self.condition, **changes)  # type: ignore[arg-type]
        if changed != self.condition:
            self.condition = changed
            self._home.changed()

    def _tell(self, reason: str, message: str) -> None:
        self._home.tell(reason, message, self._field)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


async def _all(descriptor: int) -> str:
    return b"".join([chunk async for chunk in chunks(descriptor)]).decode(errors="replace")
