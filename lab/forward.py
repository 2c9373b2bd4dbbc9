"""`python -m lab.forward CONFIG`: lead ports of the machine into the lab.

A listening socket belongs to the network it was opened in, wherever the process is that accepts from it. So the
ports are opened outside, on 127.0.0.1, and handed in; this process accepts from them and connects inside.
It can also answer in the API server's place with 500 or 429 for a while.
"""

import asyncio
import contextlib
import errno
import json
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus

from lab.config import Config
from lab.relay import Address, Entrance, reset

API = "api"
_LONGEST = 1 << 16
_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE_SECONDS = 0.2
"""After which a door that could let nobody in tries again."""


@dataclass(frozen=True)
class Door:
    """A port of the machine that leads to `host` and `port` inside the lab; `number` is the port outside."""

    name: str
    host: str
    port: int
    number: int


@dataclass(frozen=True)
class Outage:
    """The API server answers `code` until `end` on the machine's monotonic clock."""

    code: int
    end: float

    def answer(self) -> bytes:
        """The whole HTTP response, and the connection's end."""
        status = HTTPStatus(self.code)
        body = json.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": f"the lab makes the API server answer {self.code} for a while",
                "reason": "TooManyRequests" if self.code == HTTPStatus.TOO_MANY_REQUESTS else "InternalError",
                "code": self.code,
            }
        ).encode()
        head = f"HTTP/1.1 {self.code} {status.phrase}\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
        return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def send_door(channel: socket.socket, door: Door, listener: int) -> None:
    """Hand an open port to the forwarder at the other end of `channel`."""
    socket.send_fds(channel, [json.dumps({"door": asdict(door)}).encode()], [listener])


def send_outage(channel: socket.socket, outage: Outage) -> None:
    """Tell the forwarder to answer in the API server's place."""
    channel.send(json.dumps({"outage": asdict(outage)}).encode())


class Forwarder:
    """Holds the doors and the connections through each."""

    def __init__(self, tls: ssl.SSLContext, channel: socket.socket) -> None:
        self.tls = tls
        self.channel = channel
        self.outage = Outage(HTTPStatus.INTERNAL_SERVER_ERROR, 0)
        self.acceptors: dict[str, asyncio.Task[None]] = {}
        self.open: dict[str, set[asyncio.Transport]] = {}
        self.at_work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take messages until the supervisor has gone."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self.channel, self._receive, ended)
        await ended.wait()

    def _receive(self, ended: asyncio.Event) -> None:
        data, sockets, _, _ = socket.recv_fds(self.channel, _LONGEST, 1)
        if not data:
            ended.set()
            return
        message = json.loads(data)
        if "door" in message:
            self._open(Door(**message["door"]), socket.socket(fileno=sockets[0]))
        else:
            self._switch(Outage(**message["outage"]))

    def _open(self, door: Door, listener: socket.socket) -> None:
        if before := self.acceptors.pop(door.name, None):
            before.cancel()
        listener.setblocking(False)
        self.acceptors[door.name] = asyncio.get_running_loop().create_task(self._accept(door, listener))

    def _switch(self, outage: Outage) -> None:
        """Connections of before end, so that everybody notices; those of an outage end by themselves."""
        self.outage = outage
        for transport in list(self.open.get(API, ())):
            reset(transport)

    async def _accept(self, door: Door, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        said = False
        with listener:
            while True:
                try:
                    connection, _ = await loop.sock_accept(listener)
                except OSError as full:
                    if full.errno not in _FULL:
                        raise
                    if not said:
                        text = f"door {door.name} lets nobody in: {full.strerror}; trying on"
                        print(text, file=sys.stderr, flush=True)
                    said = True
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                said = False
                task = loop.create_task(self._serve(door, connection))
                self.at_work.add(task)
                task.add_done_callback(self.at_work.discard)

    async def _serve(self, door: Door, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        if door.name == API and time.monotonic() < self.outage.end:
            with contextlib.suppress(OSError):  # the client may not want to hear it
                await loop.connect_accepted_socket(lambda: _Refusal(self.outage), connection, ssl=self.tls)
            return
        through = self.open.setdefault(door.name, set())
        await loop.connect_accepted_socket(
            lambda: _Counted(lambda: (door.host, door.port), self.at_work, through), connection
        )


class _Counted(Entrance):
    """A relayed connection that is in the set `through` as long as it stands."""

    def __init__(
        self,
        choose: Callable[[], Address],
        at_work: set["asyncio.Task[None]"],
        through: set[asyncio.Transport],
    ) -> None:
        super().__init__(choose, at_work)
        self.through = through

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport
        self.through.add(self.transport)

    def connection_lost(self, problem: Exception | None) -> None:
        if self.transport:
            self.through.discard(self.transport)
        super().connection_lost(problem)


class _Refusal(asyncio.Protocol):
    """Answers whatever is asked with the outage's status."""

    def __init__(self, outage: Outage) -> None:
        self.outage = outage
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        if b"\r\n\r\n" in self.received:
            self.transport.write(self.outage.answer())
            self.transport.close()


async def serve(config: Config, channel: socket.socket) -> None:
    """Forward until the supervisor has gone."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(config.ca / "apiserver.crt", config.ca / "apiserver.key")
    await Forwarder(tls, channel).run()


def main() -> None:
    """The channel to the supervisor is standard input."""
    with socket.socket(fileno=0) as channel:
        channel.setblocking(False)
        asyncio.run(serve(Config.read(sys.argv[1]), channel))


if __name__ == "__main__":
    main()
