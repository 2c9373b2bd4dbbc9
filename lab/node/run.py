"""One run of a container: its program, and commands started beside it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from lab.node.output import Output
from lab.node.pipes import Ends, chunks, pipes, terminal
from lab.node.process import (
    NOT_STARTED,
    Command,
    Namespace,
    Process,
    Room,
    StartFailed,
    Streams,
    start,
)


@dataclass
class Run:
    """A program that was started. Everything in its root belongs to it and ends with it."""

    process: Process
    root: Namespace
    command: Command
    output: Output
    ends: Ends
    _copies: "list[asyncio.Task[None]]"

    @classmethod
    async def begin(cls, room: Room, command: Command, output: Output, streams: "Wanted") -> "Run":
        """Starts the program. Raises `StartFailed`."""
        with ExitStack() as theirs:
            given, ends = terminal(theirs) if streams.terminal else pipes(streams.stdin, theirs)
            copies = [
                asyncio.create_task(output.copy(ends.stdout, "stdout")),
                asyncio.create_task(output.copy(ends.stderr, "stderr")),
            ]
            try:
                process = await start(room, command, given)
            except StartFailed:
                ends.close()
                raise
        return cls(process, Namespace.of(process.pid, "mnt"), command, output, ends, copies)

    async def wait(self) -> int:
        """The program's exit code, once nothing of the run is left."""
        try:
            return await self.process.wait()
        finally:
            self.kill()
            self.root.close()
            self.root = Namespace("mnt", 0)  # its number may be another's from now on
            await asyncio.gather(*self._copies)
            self.ends.close()

    async def end(self, grace: float, before: Callable[[], Awaitable[None]]) -> None:
        """`before`, then SIGTERM, and after `grace` seconds in all SIGKILL."""
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await before()
                self.process.send(signal.SIGTERM)
                await self.process.wait()
        self.kill()
        await self.process.wait()

    def kill(self) -> None:
        """Ends everything in the container at once."""
        self.root.kill()

    async def beside(self, argv: Sequence[str], streams: Streams) -> Process:
        """Starts a command where the program runs. Raises `StartFailed`."""
        if not self.process.running:
            raise StartFailed("the container is not running")
        environment = self.command.environment
        if streams.terminal:
            environment = {**environment, "TERM": "xterm"}
        command = replace(self.command, argv=tuple(argv), environment=environment)
        return await start(Room(beside=self.process.pid), command, streams)

    async def execute(self, argv: Sequence[str], timeout: float) -> tuple[int, str]:
        """Runs a command where the program runs; its exit code and output. Raises `TimeoutError`."""
        with ExitStack() as theirs:
            streams, ends = pipes(False, theirs)
            try:
                process = await self.beside(argv, streams)
            except StartFailed as error:
                ends.discard()
                return NOT_STARTED, str(error)
        try:
            async with asyncio.timeout(timeout):
                said = await asyncio.gather(_all(ends.stdout), _all(ends.stderr))
                return await process.wait(), "".join(said)
        finally:
            process.send(signal.SIGKILL)


@dataclass(frozen=True)
class Wanted:
    """The streams that a container's spec asks for, besides output."""

    stdin: bool = False
    terminal: bool = False


async def _all(descriptor: int) -> str:
    return b"".join([chunk async for chunk in chunks(descriptor)]).decode(errors="replace")
