"""The engine on the terminal: `python -m engine up`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from engine.cli.dispatch import execute
from engine.command import shipped_packages
from engine.deploy.cancellation import Cancellation
from engine.shell import Say, Shell


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command on the process's own streams and return its exit code."""
    cancellation = Cancellation()
    shell = Shell(
        env=dict(os.environ),
        cwd=Path.cwd(),
        out=_printer(sys.stdout),
        err=_printer(sys.stderr),
        packages=shipped_packages(),
        interactive=sys.stdin.isatty() and sys.stdout.isatty(),
        live=sys.stdout.isatty() and os.environ.get("TERM") != "dumb",
        ask=input,
        read=sys.stdin.read,
        cancellation=cancellation,
    )
    with _interruptible(cancellation):
        return execute(shell, list(sys.argv[1:] if argv is None else argv))


@contextmanager
def _interruptible(cancellation: Cancellation) -> Iterator[None]:
    """The first interrupt asks to stop, the second ends waits, the third is the default's."""

    def interrupt(number: int, frame: object) -> None:
        if cancellation.kill.done():
            signal.default_int_handler(number, None)
        cancellation.ask()

    before = signal.signal(signal.SIGINT, interrupt), signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def _printer(stream: TextIO) -> Say:
    def say(line: str) -> None:
        print(line, file=stream, flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
