"""What a container writes: kept in a file, one line an entry, and passed on to those attached to it.

An entry: time, stream, `F` (a full line) or `P` (a part of one), text. One file holds one run.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.node.clock import precise
from lab.node.pipes import chunks

LONGEST_LINE = 16 * 1024
LARGEST_FILE = 20 * 1024 * 1024

Listener = asyncio.Queue[tuple[str, bytes] | None]
"""Gets stream and text as they come, None at the end."""


class Output:
    """The output of one run of a container."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.ended = asyncio.Event()
        self._file = path.open("ab", buffering=0)
        self._listeners: set[Listener] = set()

    async def copy(self, descriptor: int, stream: str) -> None:
        """Takes what comes out of `descriptor`, until its other end is closed."""
        pending = b""
        async for chunk in chunks(descriptor):
            for listener in self._listeners:
                listener.put_nowait((stream, chunk))
            *lines, pending = (pending + chunk).split(b"\n")
            self._write(stream, b"F", lines)
            if len(pending) > LONGEST_LINE:
                self._write(stream, b"P", [pending])
                pending = b""
        if pending:
            self._write(stream, b"P", [pending])

    def close(self) -> None:
        """Says that nothing more comes."""
        self._file.close()
        self.ended.set()
        for listener in self._listeners:
            listener.put_nowait(None)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """What comes from now on."""
        listener: Listener = asyncio.Queue()
        self._listeners.add(listener)
        if self.ended.is_set():
            listener.put_nowait(None)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def _write(self, stream: str, mark: bytes, lines: list[bytes]) -> None:
        head = f"{precise()} {stream} ".encode() + mark + b" "
        if self._file.tell() > LARGEST_FILE:
            self._file.truncate(0)
        self._file.write(b"".join(head + line + b"\n" for line in lines))


async def received(listener: Listener) -> AsyncIterator[tuple[str, bytes]]:
    """What a listener gets, until the end."""
    while (item := await listener.get()) is not None:
        yield item
