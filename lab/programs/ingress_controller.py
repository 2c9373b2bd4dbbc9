"""Plays APISIX's ingress controller and the synchroniser beside it, which have nothing to do here.

The gateway's stand-in reads the documents itself. These only answer their probes, and say in the log who does the work.
"""

import argparse
import logging
import sys
from collections.abc import Sequence

from aiohttp import web

CONTROLLER_PORT = 8081
PROBES = ("/healthz", "/readyz", "/healthz/ready")


def app() -> web.Application:
    """The probes of both."""
    app = web.Application()
    for path in PROBES:
        app.router.add_get(path, _well)
    return app


async def _well(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def port(argv: Sequence[str]) -> int:
    """Where the probes are asked for: the synchroniser is told by a flag, the controller has it in its settings."""
    parser = argparse.ArgumentParser("ingress-controller", allow_abbrev=False)
    parser.add_argument("--listen-status", type=int, default=CONTROLLER_PORT)
    return int(parser.parse_known_args(argv)[0].listen_status)


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.info(
        "This is the lab: no controller runs here. The gateway's stand-in (Deployment apisix) reads ApisixRoutes "
        "itself and writes their status; look into its log."
    )
    web.run_app(app(), port=port(sys.argv[1:]), access_log=None, print=None)


if __name__ == "__main__":
    main()
