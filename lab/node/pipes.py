"""Pipes and terminals between the node and programs in pods."""

import asyncio
import errno
import fcntl
import os
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from lab.node.process import Streams

CHUNK = 64 * 1024


@dataclass
class Ends:
    """The node's ends of a program's standard streams; -1 where there is none. A terminal has one end for all."""

    stdin: int = -1
    stdout: int = -1
    stderr: int = -1
    terminal: bool = False

    async def write(self, data: bytes) -> None:
        """Gives `data` to the program, waiting until it takes it; nothing happens once it has ended."""
        if self.stdin >= 0:
            with suppress(OSError):
                await asyncio.to_thread(_write_all, self.stdin, data)

    def close_input(self) -> None:
        """Tells the program that nothing more comes."""
        if self.stdin >= 0 and not self.terminal:
            os.close(self.stdin)
            self.stdin = -1

    def close(self) -> None:
        """Lets the stdin of a program that has ended go."""
        if self.stdin >= 0:
            os.close(self.stdin)
            self.stdin = -1

    def discard(self) -> None:
        """Closes all ends, of which nobody has begun to read."""
        self.close()
        for descriptor in {self.stdout, self.stderr} - {-1}:
            os.close(descriptor)

    def resize(self, width: int, height: int) -> None:
        """Tells the terminal its size in characters."""
        if self.terminal and self.stdin >= 0:
            fcntl.ioctl(self.stdin, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def pipes(stdin: bool, theirs: ExitStack) -> tuple[Streams, Ends]:
    """A pipe each way (stdin only if asked for). The program's ends are closed by `theirs` once it has them."""
    read_out, write_out = os.pipe()
    read_err, write_err = os.pipe()
    read_in, write_in = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), -1)
    for descriptor in (read_in, write_out, write_err):
        theirs.callback(os.close, descriptor)
    return Streams(read_in, write_out, write_err), Ends(write_in, read_out, read_err)


def terminal(theirs: ExitStack) -> tuple[Streams, Ends]:
    """A terminal. What is read from it comes as stdout."""
    ours, slave = os.openpty()
    theirs.callback(os.close, slave)
    # Reading and closing go through a copy, so that each end is closed once.
    return Streams(slave, slave, slave, terminal=True), Ends(ours, os.dup(ours), -1, terminal=True)


async def chunks(descriptor: int) -> AsyncIterator[bytes]:
    """What comes out of `descriptor` until its other end is closed; it is closed then."""
    if descriptor < 0:
        return
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
    )
    try:
        while chunk := await reader.read(CHUNK):
            yield chunk
    except OSError as error:
        if error.errno != errno.EIO:  # how a terminal says that its last program has ended
            raise
    finally:
        transport.close()


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
