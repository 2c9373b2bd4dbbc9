"""`python -m bench.driven PROJECT OUT`: `sluice run` that notes what it does, and writes it to OUT when it is stopped.

Times are monotonic seconds, which all processes of a machine share.
"""

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from automation.cluster.watches import Key
from automation.core.kinds import Kind, Manifest
from automation.driver.loop import Loop
from automation.driver.tick import Tick
from automation.updates.stacks import Updated
from bench.diary import Diary
from cli.assembly import assemble
from cli.environment import open_environment
from cli.options import Where
from cli.run import describe

ENVIRONMENT = "dev"


@dataclass
class Notes:
    """`ticks` are (name, begun, ended, phase after it), `updates` (stack, begun, ended), `calls` when each request
    to the API server left."""

    ticks: list[tuple[str, float, float, str]] = field(default_factory=list)
    updates: list[tuple[str, float, float]] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def drive(project: str, notes: Notes) -> None:
    """Drives all Canaries until the process is asked to end."""
    opened = open_environment(ENVIRONMENT, Where(None, None, project))
    stacks: Any = opened.stacks
    stacks.update = noting_updates(stacks.update, notes)
    loops: list[Loop] = []

    def changed(kind: Kind, thing: Manifest) -> None:
        for loop in loops:
            loop.changed(kind, thing)

    assembly = assemble(opened, Diary(), changed=changed)
    driver: Any = assembly.driver
    driver.tick = noting(driver.tick, notes)
    note_calls(notes)

    def troubled(key: Key, trouble: BaseException) -> None:
        notes.troubles.append(f"{key[1]}: {describe(trouble)}")

    loop = Loop(assembly.watches, driver, opened.owns, troubled=troubled)
    loops.append(loop)
    signal.signal(signal.SIGTERM, lambda number, frame: loop.stop())
    try:
        loop.run()
    finally:
        assembly.close()


def noting(tick: Callable[..., Tick | None], notes: Notes) -> Callable[..., Tick | None]:
    def noted(namespace: str, name: str, early: float = 0.0) -> Tick | None:
        begun, phase = time.monotonic(), ""
        try:
            done = tick(namespace, name, early)
            phase = str(done.status.phase) if done else ""
            return done
        finally:
            notes.ticks.append((name, begun, time.monotonic(), phase))

    return noted


def noting_updates(update: Callable[..., Updated], notes: Notes) -> Callable[..., Updated]:
    def noted(stack: str, *arguments: Any, **options: Any) -> Updated:
        begun = time.monotonic()
        try:
            return update(stack, *arguments, **options)
        finally:
            notes.updates.append((stack, begun, time.monotonic()))

    return noted


def note_calls(notes: Notes) -> None:
    """Driver and engine each have connections of their own; what both go through is urllib3."""
    send = urllib3.HTTPConnectionPool.urlopen

    def noted(pool: Any, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        if "watch=true" not in url:
            notes.calls.append(time.monotonic())
        return send(pool, method, url, *arguments, **options)

    urllib3.HTTPConnectionPool.urlopen = noted  # type: ignore[assignment,method-assign]


def main() -> None:
    project, out = sys.argv[1:]
    notes = Notes()
    drive(project, notes)
    Path(out).write_text(json.dumps(vars(notes)))


if __name__ == "__main__":
    main()
