"""Kills updates at random moments and looks at what the next one makes of it.

`python -m tests.engine.killing FOLDER COUNT SEED` prints a JSON line for each kill. One process loads the SDK and
forks: a fresh interpreter for each of the runs would take minutes. It must not use gRPC itself, which does not
survive forks.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi import ResourceOptions

from engine.state import secrets
from tests.engine.cloud import Cloud
from tests.engine.world import Group, Thing, World

THINGS = 22


def first() -> None:
    """A stack, a component, a provider and things that depend on one another."""
    group = Group("group")
    base = Thing("base", name="base", opts=ResourceOptions(parent=group))
    for index in range(THINGS):
        Thing(
            f"t{index}",
            of=base.name,
            kind="x",
            color="red",
            seconds=0.004,
            opts=ResourceOptions(parent=group),
        )


def second() -> None:
    """The same with updates, both kinds of replacement, deletes and new things."""
    group = Group("group")
    base = Thing("base", name="base", color="blue", opts=ResourceOptions(parent=group))
    for index in range(4, THINGS + 4):
        Thing(
            f"t{index}",
            of=base.name,
            kind="y" if index % 3 == 0 else "x",
            color="blue" if index % 3 == 1 else "red",
            place="there" if index % 3 == 2 else "here",
            seconds=0.004,
            opts=ResourceOptions(parent=group),
        )


def main(folder: Path, count: int, seed: int) -> None:
    """Kill `count` updates, half of a new stack and half of one that exists."""
    secrets.ITERATIONS = 1000
    chance = random.Random(seed)
    template, spans = _prepared(folder)
    kills = 0
    for number in range(3 * count):
        program, span = ((first, spans[0]), (second, spans[1]))[number % 2]
        world = _copied(template, folder / str(number)) if program is second else _fresh(folder / str(number))
        killed = _child(
            lambda world=world, program=program: _up(world, program), chance.uniform(0.1, 0.95) * span
        )
        if killed != -signal.SIGKILL:
            continue
        kills += 1
        pending = len(_latest(world).get("pending_operations", []))
        finished = _child(lambda world=world, program=program: _up(world, program), None)
        print(json.dumps({"trial": number, "pending": pending, **_verdict(world, finished)}), flush=True)
        if kills == count:
            return


def _prepared(folder: Path) -> tuple[World, tuple[float, float]]:
    """A stack after `first`, and the seconds that each of the programs takes undisturbed."""
    template = _fresh(folder / "template")
    spans = []
    for program in (first, second):
        world = template if program is first else _copied(template, folder / "timed")
        started = time.monotonic()
        assert _child(lambda world=world, program=program: _up(world, program), None) == 0
        spans.append(time.monotonic() - started)
    return template, (spans[0], spans[1])


def _fresh(where: Path) -> World:
    where.mkdir()
    return World.create(where)


def _copied(template: World, where: Path) -> World:
    shutil.copytree(template.folder, where)
    return World(where, Cloud(where / "cloud"))


def _child(work: Callable[[], int], seconds: float | None) -> int:
    """Do it in a child process; kill that after so many seconds. The exit code, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(work())
        except BaseException as error:  # noqa: BLE001  a child must not run on into its parent's code
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(70)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _up(world: World, program: Callable[[], None]) -> int:
    outcome = world.up(program)
    (world.folder / "said").write_text(outcome.diagnostics)
    if outcome.error is not None:
        print(outcome.error, file=sys.stderr, flush=True)
    return 0 if outcome.error is None else 1


def _latest(world: World) -> dict[str, Any]:
    path = world.folder / "state" / ".pulumi" / "stacks" / "shop" / "dev.json"
    document: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return (document.get("checkpoint") or {}).get("latest") or {}


def _verdict(world: World, finished: int) -> dict[str, Any]:
    """What is in the world against what the state says."""
    held = sorted(item["id"] for item in world.state() if item["type"] == "cloud:index:Thing")
    there = sorted(world.cloud.things())
    return {
        "finished": finished,
        "lost": [name for name in there if name not in held],
        "missing": [name for name in held if name not in there],
        "things": len(there),
        "told": "pending operations from previous deployment" in (world.folder / "said").read_text(),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
