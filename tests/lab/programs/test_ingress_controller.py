"""What plays the ingress controller is well, and does nothing else."""

import asyncio

import pytest
from aiohttp import ClientSession, web

from lab.programs.ingress_controller import PROBES, app, port


def test_every_probe_is_answered() -> None:
    async def story() -> list[int]:
        runner = web.AppRunner(app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            codes = [(await session.get(path)).status for path in PROBES]
        await runner.cleanup()
        return codes

    assert asyncio.run(story()) == [200, 200, 200]


@pytest.mark.parametrize(
    ("argv", "number"),
    [([], 8081), (["server", "--listen", "unix:/sockets/adc.sock", "--listen-status", "3001"], 3001)],
    ids=["by default", "as told"],
)
def test_the_port_is_the_images_own(argv: list[str], number: int) -> None:
    assert port(argv) == number
