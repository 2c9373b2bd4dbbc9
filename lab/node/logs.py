"""Reading what `lab.node.output` wrote."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from lab.node.clock import parse

FOLLOW_SECONDS = 0.1


@dataclass(frozen=True)
class Query:
    """Which part of a log is asked for."""

    tail: int | None = None
    since: datetime | None = None
    timestamps: bool = False
    follow: bool = False


@dataclass(frozen=True)
class Line:
    """One entry. `full` is whether the program ended the line."""

    time: str
    full: bool
    text: bytes

    @classmethod
    def parse(cls, raw: bytes) -> "Line":
        """The reverse of how an entry is written."""
        time, _, rest = raw.partition(b" ")
        _, _, rest = rest.partition(b" ")
        mark, _, text = rest.partition(b" ")
        return cls(time.decode(), mark == b"F", text.removesuffix(b"\n"))

    def shown(self, timestamps: bool) -> bytes:
        """As a reader of the log gets it."""
        stamp = self.time.encode() + b" " if timestamps else b""
        return stamp + self.text + (b"\n" if self.full else b"")


async def read(path: Path, query: Query, ended: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    """The log's text as `query` asks for it; with `follow`, on until `ended` is set."""
    with path.open("rb") as log:
        for line in _selected(log, query):
            yield line.shown(query.timestamps)
        while query.follow and ended is not None:
            last = ended.is_set()  # looked at before the reading, so that nothing is left behind
            grown = [Line.parse(raw) for raw in _whole_lines(log)]
            if grown:
                yield b"".join(line.shown(query.timestamps) for line in grown)
            elif last:
                return
            else:
                await asyncio.sleep(FOLLOW_SECONDS)


def _selected(log: BinaryIO, query: Query) -> list[Line]:
    lines = [Line.parse(raw) for raw in _whole_lines(log)]
    if query.since:
        lines = [line for line in lines if parse(line.time) >= query.since]
    return lines if query.tail is None else lines[max(0, len(lines) - query.tail) :]


def _whole_lines(log: BinaryIO) -> list[bytes]:
    """Lines from where the reader stands; one that is still being written is left for later."""
    if log.tell() > os.fstat(log.fileno()).st_size:
        log.seek(0)  # it had grown too large and was begun anew
    start = log.tell()
    complete = log.read().rpartition(b"\n")[0]
    log.seek(start + len(complete) + bool(complete))
    return complete.split(b"\n") if complete else []
