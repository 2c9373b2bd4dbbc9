"""Argo Rollouts' demo: a page of squares, each in the colour of who answered.

Plays `argoproj/rollouts-demo`; the tag is the colour. `/color` answers with it, and does wrong what the lab says.
"""

import asyncio
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from lab.faults import Fault

PORT = 8080
PAGE = Path(__file__).with_suffix(".html")


def fault_of(path: Path, image: str) -> Fault:
    """What is wrong with an image; nothing where the file can't be read, or has other ideas of its shape."""
    try:
        said = json.loads(path.read_text()).get(image) or {}
        return Fault(float(said.get("error_rate") or 0), int(said.get("latency_ms") or 0))
    except (OSError, ValueError, AttributeError):
        return Fault()


def app(colour: str, fault: Callable[[], Fault], chance: Callable[[], float]) -> web.Application:
    """The page and the answers to its questions; `chance` draws from 0 to 1."""

    async def color(_: web.Request) -> web.Response:
        wrong = fault()
        await asyncio.sleep(wrong.latency_ms / 1000)
        if chance() < wrong.error_rate:
            return web.Response(status=500, text="Internal Server Error\n")
        return web.json_response(colour)

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE)

    made = web.Application()
    made.router.add_route("*", "/color", color)
    made.router.add_get("/", page)
    return made


def main() -> None:
    """Serve until told to stop."""
    colour = os.environ["LAB_IMAGE_TAG"]
    faults, image = Path(os.environ["LAB_FAULTS"]), os.environ["LAB_IMAGE"]
    made = app(colour, lambda: fault_of(faults, image), random.random)
    web.run_app(made, port=PORT, access_log=None, print=None)


if __name__ == "__main__":
    main()
