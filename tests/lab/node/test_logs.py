"""Logs: what a program writes is kept, found again, and followed."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.node import logs
from lab.node.logs import Line, Query
from lab.node.output import Output, received
from lab.node.pipes import Ends
from lab.node.server import query, run_of
from lab.node.status import ContainerSnapshot, Running, Waiting

WRITTEN = b"one\ntwo\nthree\n"


async def write(path: Path, text: bytes) -> None:
    """Lets a program's stdout be `text`."""
    output = Output(path)
    reader, writer = os.pipe()
    copying = asyncio.create_task(output.copy(reader, "stdout"))
    await Ends(stdin=writer).write(text)
    os.close(writer)
    await copying
    output.close()


async def read(path: Path, asked: Query) -> bytes:
    return b"".join([text async for text in logs.read(path, asked)])


QUERIES = {
    "all": (Query(), WRITTEN),
    "the last two lines": (Query(tail=2), b"two\nthree\n"),
    "none": (Query(tail=0), b""),
    "since long ago": (Query(since=datetime.now(UTC) - timedelta(hours=1)), WRITTEN),
    "since the future": (Query(since=datetime.now(UTC) + timedelta(hours=1)), b""),
}


@pytest.mark.parametrize(("asked", "text"), QUERIES.values(), ids=QUERIES)
def test_parts_of_a_log(tmp_path: Path, asked: Query, text: bytes) -> None:
    async def go() -> bytes:
        await write(tmp_path / "logs" / "0.log", WRITTEN)
        return await read(tmp_path / "logs" / "0.log", asked)

    assert asyncio.run(go()) == text


def test_what_does_not_end_its_line_is_shown_as_it_was(tmp_path: Path) -> None:
    async def go() -> bytes:
        await write(tmp_path / "log", b"a prompt> ")
        return await read(tmp_path / "log", Query())

    assert asyncio.run(go()) == b"a prompt> "


def test_a_very_long_line_is_whole_again(tmp_path: Path) -> None:
    long = b"x" * 100_000 + b"\nend\n"

    async def go() -> bytes:
        await write(tmp_path / "log", long)
        return await read(tmp_path / "log", Query())

    assert asyncio.run(go()) == long


def test_timestamps_stand_before_lines() -> None:
    line = Line.parse(b"2026-01-01T00:00:00.000001Z stdout F said")
    assert line.shown(timestamps=True) == b"2026-01-01T00:00:00.000001Z said\n"
    assert line.shown(timestamps=False) == b"said\n"


def test_a_follower_gets_all_and_ends_with_the_program(tmp_path: Path) -> None:
    async def go() -> bytes:
        output = Output(tmp_path / "log")
        reader, writer = os.pipe()
        copying = asyncio.create_task(output.copy(reader, "stdout"))
        followed = logs.read(tmp_path / "log", Query(follow=True), output.ended)
        following = asyncio.create_task(_gathered(followed))
        os.write(writer, b"early\n")
        await asyncio.sleep(0)
        os.write(writer, b"late\n")
        os.close(writer)
        await copying
        output.close()
        return await asyncio.wait_for(following, 5)

    assert asyncio.run(go()) == b"early\nlate\n"


async def _gathered(texts: object) -> bytes:
    return b"".join([text async for text in texts])  # type: ignore[attr-defined]


def test_somebody_attached_gets_what_comes_from_then_on(tmp_path: Path) -> None:
    async def go() -> list[tuple[str, bytes]]:
        output = Output(tmp_path / "log")
        reader, writer = os.pipe()
        with output.listen() as listener:
            os.write(writer, b"no end of line")
            os.close(writer)
            await output.copy(reader, "stderr")
            output.close()
            return [item async for item in received(listener)]

    assert asyncio.run(go()) == [("stderr", b"no end of line")]


def test_parameters_of_a_request_for_logs() -> None:
    assert query({}) == Query()
    asked = query(
        {"tailLines": "5", "follow": "true", "timestamps": "true", "sinceTime": "2026-01-01T00:00:00Z"}
    )
    assert asked == Query(tail=5, since=datetime(2026, 1, 1, tzinfo=UTC), timestamps=True, follow=True)


RUNNING, CRASHED = Running("2026-01-01T00:00:00Z"), Waiting("CrashLoopBackOff")
RUNS = {
    "the present run": (RUNNING, False, 2),
    "the run before": (RUNNING, True, 1),
    "between two runs, the last one": (CRASHED, False, 2),
    "between two runs, the last one is also the previous one": (CRASHED, True, 2),
}


@pytest.mark.parametrize(("state", "previous", "run"), RUNS.values(), ids=RUNS)
def test_which_run_a_log_is_of(state: Running | Waiting, previous: bool, run: int) -> None:
    assert run_of(ContainerSnapshot("c", "i", state=state, restarts=2), previous) == run
