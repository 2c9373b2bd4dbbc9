"""`python -m lab.services CONFIG`: keep Service addresses and names as the API server has them."""

import asyncio
import os
import sys
from pathlib import Path

from lab.config import Config
from lab.services.catalogue import hosts, routes
from lab.services.proxy import Proxy
from lab.services.watch import Objects, follow, session

SETTLE = 0.02  # seconds in which changes are gathered before they are acted upon


class Keeper:
    """Holds the last known Services and EndpointSlices, and acts on what they say."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.services: Objects | None = None
        self.slices: Objects | None = None
        self.changed = asyncio.Event()

    async def run(self) -> None:
        """Never returns."""
        proxy = await Proxy.start(self.config.binaries / "relay")
        async with session(str(self.config.kubeconfig)) as client, asyncio.TaskGroup() as tasks:
            tasks.create_task(follow(client, "/api/v1/services", self._take_services))
            tasks.create_task(follow(client, "/apis/discovery.k8s.io/v1/endpointslices", self._take_slices))
            tasks.create_task(self._act(proxy))

    def _take_services(self, objects: Objects) -> None:
        self.services = objects
        self.changed.set()

    def _take_slices(self, objects: Objects) -> None:
        self.slices = objects
        self.changed.set()

    async def _act(self, proxy: Proxy) -> None:
        while True:
            await self.changed.wait()
            await asyncio.sleep(SETTLE)
            self.changed.clear()
            if self.services is not None and self.slices is not None:
                services, slices = list(self.services.values()), list(self.slices.values())
                await proxy.lead(routes(services, slices))
                rewrite(self.config.hosts, hosts(services, slices))


def rewrite(path: Path, text: str) -> None:
    """Change the file in place: it is bound over /etc/hosts, so a new file of that name would not be seen."""
    data = text.encode()
    with path.open("r+b", buffering=0) as file:
        if file.read() == data:
            return
        os.pwrite(file.fileno(), data, 0)
        file.truncate(len(data))


def main() -> None:
    """Run until ended."""
    asyncio.run(Keeper(Config.read(sys.argv[1])).run())


if __name__ == "__main__":
    main()
