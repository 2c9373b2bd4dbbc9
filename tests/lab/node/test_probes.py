"""Probes: when they are due and what a row of results means; looking at real servers."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from aiohttp import web

from lab import images
from lab.node.backoff import Backoff
from lab.node.checks import Checker, Target
from lab.node.probes import Schedule, Streak, results

VERDICTS = {
    "the first success counts at once": (Schedule(), [True], [True]),
    "failures count from the third on": (
        Schedule(),
        [False, False, False, False],
        [None, None, False, False],
    ),
    "a success between starts the count anew": (
        Schedule(failures=2),
        [False, True, False, False],
        [None, True, None, False],
    ),
    "successes may have to come in a row, too": (
        Schedule(successes=2),
        [True, False, True, True],
        [None, None, None, True],
    ),
}


@pytest.mark.parametrize(("schedule", "seen", "verdicts"), VERDICTS.values(), ids=VERDICTS)
def test_verdicts(schedule: Schedule, seen: list[bool], verdicts: list[bool | None]) -> None:
    streak, found = Streak(), []
    for good in seen:
        streak = streak.followed_by(good)
        found.append(streak.verdict(schedule))
    assert found == verdicts


def test_a_program_that_begins_to_listen_a_moment_later_is_ready_at_once() -> None:
    answers = iter(["refused", "refused", ""])

    async def look() -> str:
        return next(answers, "")

    async def first() -> bool | None:
        return await anext(result.verdict async for result in results(look, Schedule(period=10)))

    assert asyncio.run(asyncio.wait_for(first(), 2)) is True


def test_an_unset_schedule_has_the_defaults_of_the_api() -> None:
    assert Schedule.parse({}) == Schedule(delay=0, period=10, timeout=1, successes=1, failures=3)


def test_a_crashing_container_waits_longer_each_time() -> None:
    waits, backoff = [], Backoff()
    for _ in range(8):
        waits.append(backoff.seconds)
        backoff = backoff.after()
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]
    assert all(later >= earlier for earlier, later in pairwise(waits))
    assert Backoff(longest=5).after().after().seconds == 5


async def _never(_: object, __: float) -> tuple[int, str]:
    raise AssertionError("no command was to be run")


async def _exit_one(_: object, __: float) -> tuple[int, str]:
    return 1, "not yet"


def look(handler: dict[str, object], image: str, execute: object, serve: bool = True) -> str:
    """Looks at a server on loopback that is well at /readyz and not elsewhere."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.path == "/readyz" else 503)

    async def go() -> str:
        runner = web.ServerRunner(web.Server(answer))  # type: ignore[arg-type]  # it takes any request
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        if not serve:
            await runner.cleanup()
        spec = {"ports": [{"name": "http", "containerPort": port}]}
        async with Checker() as checker:
            target = Target(checker, "127.0.0.1", spec, images.find(image), execute)  # type: ignore[arg-type]
            said = await target.look(filled(handler, port), 2)
        await runner.cleanup()
        return said.replace(str(port), "PORT")

    return asyncio.run(go())


def filled(handler: dict[str, object], port: int) -> dict[str, object]:
    """The handler with PORT replaced."""
    command = handler.get("exec")
    if not isinstance(command, dict):
        return handler
    return {"exec": {"command": [part.replace("PORT", str(port)) for part in command["command"]]}}


PODCLI = {"exec": {"command": ["podcli", "check", "http", "localhost:PORT/readyz"]}}
Execute = Callable[[object, float], Awaitable[tuple[int, str]]]

LOOKS: dict[str, tuple[dict[str, object], str, Execute, str]] = {
    "http, well": ({"httpGet": {"path": "/readyz", "port": "http"}}, "busybox", _never, ""),
    "http, not": ({"httpGet": {"port": "http"}}, "busybox", _never, "HTTP probe failed with statuscode: 503"),
    "tcp": ({"tcpSocket": {"port": "http"}}, "busybox", _never, ""),
    "a command": ({"exec": {"command": ["x"]}}, "busybox", _exit_one, "not yet"),
    "podinfo's own check is made without a process": (PODCLI, "stefanprodan/podinfo:6.0.0", _never, ""),
    "the same command elsewhere is a command": (PODCLI, "busybox", _exit_one, "not yet"),
}


@pytest.mark.parametrize(("handler", "image", "execute", "said"), LOOKS.values(), ids=LOOKS)
def test_looks(handler: dict[str, object], image: str, execute: Execute, said: str) -> None:
    assert look(handler, image, execute) == said


def test_a_port_that_nobody_listens_on() -> None:
    said = look({"httpGet": {"path": "/readyz", "port": "http"}}, "busybox", _never, serve=False)
    assert said == 'Get "http://127.0.0.1:PORT/readyz": dial tcp 127.0.0.1:PORT: connect: connection refused'
