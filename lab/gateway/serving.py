"""HTTP servers of stand-ins for gateways: the port of their own, with their measurements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def listening(app: web.Application, address: str, port: int) -> AsyncIterator[None]:
    """Serves `app` for as long as the block lasts."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, address, port).start()
        yield
    finally:
        await runner.cleanup()


def measured(text: str) -> web.Response:
    """An answer in Prometheus' text format."""
    return web.Response(text=text, content_type="text/plain", charset="utf-8")
