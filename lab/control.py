"""How the command line talks to a lab's supervisor: one JSON request and one answer on a unix socket.

A request may carry open sockets: a port on the machine is opened outside and handed in, which is all that it
takes to lead from one network to the other.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from lab.config import Config
from lab.errors import LabError, NotRunning

Handler = Callable[[dict[str, Any], list[int]], Awaitable[dict[str, Any]]]
_LONGEST = 1 << 16


def ask(config: Config, request: dict[str, Any], sockets: Sequence[int] = ()) -> dict[str, Any]:
    """The supervisor's answer. Raises `NotRunning`, or `LabError` with the supervisor's refusal."""
    with _connect(config) as connection:
        socket.send_fds(connection, [json.dumps(request).encode()], list(sockets))
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile() as stream:
            text = stream.read()
    if not text:
        raise NotRunning(f"The lab {config.name!r} went away while it was asked.")
    answer: dict[str, Any] = json.loads(text)
    if "problem" in answer:
        raise LabError(answer["problem"])
    return answer


def supervisor_pid(config: Config) -> int:
    """The supervisor's process, by its number outside the lab. Raises `NotRunning`."""
    with _connect(config) as connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[0])


def _connect(config: Config) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    try:
        connection.connect(str(config.control))
    except OSError as problem:
        connection.close()
        raise NotRunning(f"No lab {config.name!r} runs here. `sluice lab up` starts one.") from problem
    return connection


async def serve(config: Config, handle: Handler) -> None:
    """Answer requests until cancelled; a `LabError` of the handler becomes a refusal."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(config.control))
        listener.listen()
        listener.setblocking(False)
        at_work = set()
        while True:
            connection, _ = await loop.sock_accept(listener)
            task = loop.create_task(_answer(connection, handle))
            at_work.add(task)
            task.add_done_callback(at_work.discard)


async def _answer(connection: socket.socket, handle: Handler) -> None:
    connection.settimeout(5)
    with connection:
        try:
            message, sockets, _, _ = await asyncio.to_thread(socket.recv_fds, connection, _LONGEST, 8)
            if not message:  # somebody only wanted to know who listens
                return
            try:
                answer = await handle(json.loads(message), sockets)
            except LabError as problem:
                answer = {"problem": str(problem)}
            await asyncio.to_thread(connection.sendall, json.dumps(answer).encode())
        except OSError:
            return  # whoever asked has gone
