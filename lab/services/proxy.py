"""A TCP proxy for Service addresses: one listener for each port that has endpoints, shared out in turn."""

import asyncio
import itertools
from collections.abc import Mapping

from lab.relay import Address, Entrance


class Proxy:
    """Listens where `lead` says. Connections that stand keep their endpoint, as with kube-proxy."""

    def __init__(self) -> None:
        self.servers: dict[Address, asyncio.Server] = {}
        self.ends: dict[Address, tuple[Address, ...]] = {}
        self.turn = itertools.count()
        self.at_work: set[asyncio.Task[None]] = set()

    async def lead(self, routes: Mapping[Address, tuple[Address, ...]]) -> None:
        """Listen on the addresses of `routes` and on no others.

        An address without endpoints refuses connections, because nobody listens there.
        """
        self.ends = dict(routes)
        for address in self.servers.keys() - routes.keys():
            self.servers.pop(address).close()
        for address in routes.keys() - self.servers.keys():
            self.servers[address] = await self._listen(address)

    async def _listen(self, address: Address) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: Entrance(lambda: self._choose(address), self.at_work), *address
        )

    def _choose(self, address: Address) -> Address | None:
        ends = self.ends.get(address)
        return ends[next(self.turn) % len(ends)] if ends else None
