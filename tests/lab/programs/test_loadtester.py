"""The load tester's answers, over HTTP."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, web

from lab.programs.loadtester import LoadTester, arguments, seconds
from lab.programs.tasks import Tasks

Ask = Callable[..., Awaitable[tuple[int, str]]]
PODINFO = {"name": "podinfo", "namespace": "test"}


@asynccontextmanager
async def a_load_tester(timeout: float = 10, namespaces: str = "") -> AsyncIterator[tuple[LoadTester, Ask]]:
    tester = LoadTester(Tasks(timeout), re.compile(namespaces))
    runner = web.AppRunner(tester.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:

        async def ask(path: str, document: Any = PODINFO, method: str = "POST") -> tuple[int, str]:
            async with session.request(method, path, json=document) as answer:
                return answer.status, await answer.text()

        yield tester, ask
    await runner.cleanup()


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def a_task(command: str, **metadata: str) -> dict[str, Any]:
    return PODINFO | {"metadata": {"cmd": command} | metadata}


async def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not done():
        assert time.monotonic() < end, "not within 5 s"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/gate/approve", (200, "OK")),
        ("/gate/halt", (403, "Forbidden")),
        ("/healthz", (200, "OK")),
        ("/gate/check", (403, "Forbidden")),
        ("/rollback/check", (403, "Forbidden")),
    ],
)
def test_first_answers(path: str, answer: tuple[int, str]) -> None:
    async def story() -> None:
        async with a_load_tester() as (_, ask):
            assert await ask(path) == answer

    run(story())


@pytest.mark.parametrize(("family", "other"), [("gate", "rollback"), ("rollback", "gate")])
def test_a_gate_opens_and_closes_for_one_canary_and_one_purpose(family: str, other: str) -> None:
    async def story() -> None:
        async with a_load_tester() as (_, ask):
            assert (await ask(f"/{family}/open"))[0] == 202
            assert await ask(f"/{family}/check") == (200, "Approved")
            assert (await ask(f"/{other}/check"))[0] == 403
            assert (await ask(f"/{family}/check", {"name": "other", "namespace": "test"}))[0] == 403
            assert (await ask(f"/{family}/close"))[0] == 202
            assert await ask(f"/{family}/check") == (403, "Forbidden")

    run(story())


def test_a_command_runs_in_the_background_and_not_twice_at_a_time() -> None:
    async def story() -> None:
        async with a_load_tester() as (tester, ask):
            for _ in range(2):
                assert await ask("/", a_task("sleep 30")) == (202, "")
            await until(lambda: tester.tasks.running == 1)
            assert await ask("/", a_task("sleep 31", type="cmd")) == (202, "")
            await until(lambda: tester.tasks.running == 2)
            await tester.tasks.stop()
            assert tester.tasks.running == 0
            assert (await ask("/", a_task("sleep 30")))[0] == 202
            await until(lambda: tester.tasks.running == 1)

    run(story())


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        pytest.param(a_task("echo hello", type="bash"), (200, ""), id="silent"),
        pytest.param(
            a_task("echo hello", type="bash", returnCmdOutput="true"), (200, "hello\n"), id="with output"
        ),
        pytest.param(
            a_task("echo no >&2; exit 3", type="bash"),
            (500, "command echo no >&2; exit 3 failed: exit code 3: no\n"),
            id="failed",
        ),
    ],
)
def test_a_bash_task_is_answered_when_it_has_ended(task: dict[str, Any], answer: tuple[int, str]) -> None:
    async def story() -> None:
        async with a_load_tester() as (_, ask):
            assert await ask("/", task) == answer

    run(story())


def test_a_command_that_takes_too_long_is_stopped() -> None:
    async def story() -> None:
        async with a_load_tester(timeout=0.2) as (tester, ask):
            status, text = await ask("/", a_task("sleep 30 & sleep 30", type="bash"))
            assert status == 500
            assert "stopped after 0.2 s" in text
            assert tester.tasks.running == 0

    run(story())


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        pytest.param(PODINFO, 400, "metadata not found in payload", id="no metadata"),
        pytest.param(
            PODINFO | {"metadata": {"type": "cmd"}}, 400, "cmd not found in metadata", id="no command"
        ),
        pytest.param(a_task("x", type="helm"), 400, "unknown task type helm", id="another type"),
        pytest.param(["x"], 400, "the body is not a JSON object", id="no object"),
        pytest.param(
            a_task("x") | {"namespace": "prod"}, 403, "namespace 'prod' does not match", id="foreign"
        ),
    ],
)
def test_what_cannot_be_done_is_explained(document: Any, status: int, message: str) -> None:
    async def story() -> None:
        async with a_load_tester(namespaces="^test$") as (_, ask):
            answer = await ask("/", document)
            assert answer[0] == status
            assert message in answer[1]

    run(story())


def test_metrics_are_prometheus_text() -> None:
    async def story() -> None:
        async with a_load_tester() as (_, ask):
            status, text = await ask("/metrics", None, "GET")
            assert status == 200
            assert "# TYPE process_resident_memory_bytes gauge" in text

    run(story())


@pytest.mark.parametrize(
    "argv",
    [["-port=8080", "-timeout=1h30m"], ["--port", "8080", "--timeout", "90m", "-x"]],
    ids=["one dash", "two dashes"],
)
def test_flags_as_the_image_takes_them(argv: list[str]) -> None:
    flags = arguments(argv)
    assert (flags.port, flags.timeout) == (8080, 5400)


def test_a_duration_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="'10' is not a duration"):
        seconds("10")
