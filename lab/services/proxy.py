"""The relay program, told which Service addresses lead where."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.relay import Address


@dataclass(frozen=True)
class Proxy:
    """Ends with this process, whose end of the relay's standard input it lives by."""

    relay: Process

    @classmethod
    async def start(cls, program: Path) -> Self:
        """Start the program; it listens nowhere yet."""
        return cls(await asyncio.create_subprocess_exec(program, stdin=PIPE, stdout=PIPE))

    async def lead(self, routes: Mapping[Address, tuple[Address, ...]]) -> None:
        """Listen on the addresses of `routes` and on no others; returns when that is so.

        An address without endpoints refuses connections, because nobody listens there. Connections that stand keep
        their endpoint, as with kube-proxy. Raises `ConnectionError` when the relay has ended.
        """
        assert self.relay.stdin
        assert self.relay.stdout
        table = {_text(address): [_text(end) for end in ends] for address, ends in routes.items()}
        self.relay.stdin.write(json.dumps(table).encode() + b"\n")
        await self.relay.stdin.drain()
        if not await self.relay.stdout.readline():
            raise ConnectionError("the relay has ended")

    async def stop(self) -> None:
        """End the relay and every connection through it."""
        assert self.relay.stdin
        self.relay.stdin.close()
        await self.relay.wait()


def _text(address: Address) -> str:
    host, port = address
    return f"{host}:{port}"
