"""exec and attach: a person's terminal, or a pipe, to a program in a pod."""

import asyncio
import signal
from contextlib import ExitStack, suppress

from aiohttp import web

from lab.node.channels import STDERR, STDOUT, Channels, Resize
from lab.node.container import Container
from lab.node.output import Listener, received
from lab.node.pipes import Ends, chunks, pipes, terminal
from lab.node.process import Process, StartFailed, Streams

LINGER_SECONDS = 1.0


async def run_command(request: web.Request, container: Container) -> web.StreamResponse:
    """Runs the request's command beside the container's program, for as long as the client stays."""
    argv = tuple(request.query.getall("command", []))
    channels = Channels()
    response = await channels.open(request)
    with ExitStack() as theirs:
        if _asked(request, "tty"):
            streams, ends = terminal(theirs)
        else:
            streams, ends = pipes(_asked(request, "input", "stdin"), theirs)
        try:
            process = await _start(container, argv, streams)
        except StartFailed as error:
            ends.discard()
            await channels.finish(1, str(error))
            return response
    await _converse(channels, process, ends)
    return response


async def _start(container: Container, argv: tuple[str, ...], streams: Streams) -> Process:
    if container.run is None:
        raise StartFailed(f"container {container.name} is not running")
    return await container.run.beside(argv, streams)


async def attach(request: web.Request, container: Container) -> web.StreamResponse:
    """Joins the request's client to what the container's program writes and, if it has a stdin, reads."""
    channels = Channels()
    response = await channels.open(request)
    run = container.run
    if run is None:
        await channels.finish(1, f"container {container.name} is not running")
        return response
    with run.output.listen() as listener:
        listening = asyncio.create_task(_feed(channels, run.ends, container.spec.get("stdinOnce", False)))
        speaking = asyncio.create_task(_relay(channels, listener))
        await asyncio.wait({listening, speaking}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        speaking.cancel()
    await channels.finish(0)
    return response


async def _converse(channels: Channels, process: Process, ends: Ends) -> None:
    """Carries streams until the program has ended; it is ended if the client goes first."""
    listening = asyncio.create_task(_feed(channels, ends, ends_input=True))
    speaking = asyncio.gather(
        _forward(channels, STDOUT, ends.stdout), _forward(channels, STDERR, ends.stderr)
    )
    ended = asyncio.create_task(process.wait())
    await asyncio.wait({listening, ended}, return_when=asyncio.FIRST_COMPLETED)
    process.send(signal.SIGKILL)
    code = await ended
    with suppress(TimeoutError):  # something that it left in the background may keep its streams open
        await asyncio.wait_for(speaking, LINGER_SECONDS)
    listening.cancel()
    ends.close()
    await channels.finish(code)


async def _feed(channels: Channels, ends: Ends, ends_input: bool) -> None:
    """Gives the program what the client sends, until the client goes. `ends_input`: the client's end is its end."""
    async for item in channels.received():
        if isinstance(item, Resize):
            ends.resize(item.width, item.height)
        elif item.data is not None:
            await ends.write(item.data)
        elif ends_input:
            ends.close_input()


async def _forward(channels: Channels, number: int, descriptor: int) -> None:
    async for chunk in chunks(descriptor):
        await channels.send(number, chunk)


async def _relay(channels: Channels, listener: Listener) -> None:
    async for stream, chunk in received(listener):
        await channels.send(STDOUT if stream == "stdout" else STDERR, chunk)


def _asked(request: web.Request, *names: str) -> bool:
    return any(request.query.get(name) in ("1", "true") for name in names)
