"""The engine on the terminal: `python -m engine up`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from engine.cancellation import Cancellation
from engine.cli.dispatch import execute
from engine.command import shipped_packages
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


_INTERRUPTED = b"^C received; cancelling. If you would like to terminate immediately, press ^C again.\n"


@contextmanager
def _interruptible(cancellation: Cancellation) -> Iterator[None]:
    """The first interrupt asks to stop, the second ends waits, the third is the default's."""

    def interrupt(number: int, frame: object) -> None:
        if cancellation.kill.done():
            signal.default_int_handler(number, None)
        if not cancellation.requested:
            # Not through the stream: the signal may have come while it was being written to.
            os.write(2, _INTERRUPTED)
        cancellation.ask()

    before = signal.signal(signal.SIGINT, interrupt), signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def _printer(stream: TextIO) -> Say:
    """Prints lines until nobody reads them any more; an update goes on to its end all the same."""
    gone = False

    def say(line: str) -> None:
        nonlocal gone
        if gone:
            return
        try:
            print(line, file=stream, flush=True)
        except BrokenPipeError:
            gone = True
            # What is still buffered would fail again when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    return say


if __name__ == "__main__":
    sys.exit(main())
