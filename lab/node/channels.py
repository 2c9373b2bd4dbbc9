"""kubectl's streams over one WebSocket: the first byte of a message is the number of its channel."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import WSMsgType, web

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255


@dataclass(frozen=True)
class Input:
    """Something for the program's stdin; None where nothing more comes."""

    data: bytes | None


@dataclass(frozen=True)
class Resize:
    """The size of the client's terminal in characters."""

    width: int
    height: int


class Channels:
    """The server's side of one connection."""

    def __init__(self) -> None:
        self._socket = web.WebSocketResponse(protocols=PROTOCOLS, compress=False, max_msg_size=0)

    async def open(self, request: web.Request) -> web.WebSocketResponse:
        """Answers the request. The first message tells the client that the streams are open."""
        await self._socket.prepare(request)
        await self.send(STDOUT, b"")
        return self._socket

    async def send(self, channel: int, data: bytes) -> None:
        """Sends `data` unless the client has gone."""
        if not self._socket.closed:
            await self._socket.send_bytes(bytes([channel]) + data)

    async def finish(self, exit_code: int, problem: str = "") -> None:
        """Says how the program ended and closes."""
        await self.send(ERROR, json.dumps(outcome(exit_code, problem)).encode())
        await self._socket.close()

    async def received(self) -> AsyncIterator[Input | Resize]:
        """What the client sends, until it goes."""
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY or not message.data:
                continue
            match message.data[0]:
                case channel if channel == STDIN:
                    yield Input(message.data[1:])
                case channel if channel == RESIZE:
                    size = json.loads(message.data[1:])
                    yield Resize(size["Width"], size["Height"])
                case channel if channel == CLOSE and message.data[1:] == bytes([STDIN]):
                    yield Input(None)


def outcome(exit_code: int, problem: str) -> dict[str, object]:
    """A Status that says how a program ended: `problem` is why it never ran."""
    if problem:
        return {
            "metadata": {},
            "status": "Failure",
            "message": problem,
            "reason": "InternalError",
            "code": 500,
        }
    if exit_code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {exit_code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]},
    }
