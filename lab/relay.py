"""Relaying TCP connections: bytes in, bytes out, with back-pressure and half-closed ends kept as they are."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

Address = tuple[str, int]
_RESET = struct.pack("ii", 1, 0)  # linger for zero seconds: close with a reset


class Relay(asyncio.Protocol):
    """One end of a relayed connection; what it receives it writes to its `other` end.

    It stands until both ends have ended, or one of them is gone.
    """

    def __init__(self, other: "Relay | None" = None) -> None:
        self.other = other
        self.ended = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        with contextlib.suppress(
            OSError
        ):  # a peer that vanishes without a word must not be waited for for ever
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        if self.other and self.other.transport:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Whether this end stays open for what the other one still has to say."""
        self.ended = True
        other = self.other
        if other is None or other.transport is None:
            return True
        if other.ended:
            other.transport.close()
            return False
        with contextlib.suppress(OSError):  # the other end may just have been reset
            other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.resume_reading()

    def connection_lost(self, problem: Exception | None) -> None:
        if self.other and self.other.transport:
            if problem:
                reset(self.other.transport)
            else:
                self.other.transport.close()
        self.transport = self.other = None


class Entrance(Relay):
    """The end that a client connected to; `choose` names the address to relay to, None refuses."""

    def __init__(self, choose: Callable[[], Address | None], at_work: set["asyncio.Task[None]"]) -> None:
        super().__init__()
        self.choose = choose
        self.at_work = at_work  # the loop keeps only weak references to tasks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport
        loop = asyncio.get_running_loop()
        # Not at once: before Python 3.11.4 reading begins after this method, also for a transport paused in it.
        loop.call_soon(self.transport.pause_reading)
        task = loop.create_task(self._connect())
        self.at_work.add(task)
        task.add_done_callback(self.at_work.discard)

    async def _connect(self) -> None:
        address = self.choose()
        exit_ = Relay(self)
        try:
            if address is None:
                raise ConnectionRefusedError
            await asyncio.get_running_loop().create_connection(lambda: exit_, *address)
        except OSError:
            if self.transport:
                reset(self.transport)
            return
        if self.transport is None:  # the client did not wait
            if exit_.transport:
                exit_.transport.abort()
            return
        self.other = exit_
        self.transport.resume_reading()


def reset(transport: asyncio.Transport) -> None:
    """Close with a TCP reset, which a client sees as a refusal and not as an empty answer."""
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
