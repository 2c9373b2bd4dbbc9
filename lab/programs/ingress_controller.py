"""Plays `apache/apisix-ingress-controller`. The gateway's stand-in does its work: it only says so, and is well."""

import logging
import sys

from aiohttp import web

HEALTH_PORT = 8081


def app() -> web.Application:
    """The two health checks."""
    app = web.Application()
    app.router.add_get("/healthz", _well)
    app.router.add_get("/readyz", _well)
    return app


async def _well(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.info(
        "This is the lab: no controller runs here. The gateway's stand-in (Deployment apisix) reads ApisixRoutes "
        "itself and writes their status; look into its log."
    )
    web.run_app(app(), port=HEALTH_PORT, access_log=None, print=None)


if __name__ == "__main__":
    main()
