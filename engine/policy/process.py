"""One running policy pack: a child process that serves the analyzer protocol on a port of this machine."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from engine.policy.definition import Definition
from engine.policy.errors import PolicyPackError

HOST = Path(__file__).with_name("host.py")
KEPT_LINES = 40


class PackProcess:
    """Starts with the pack's interpreter and environment; ends with `close`, or when this process ends."""

    def __init__(self, definition: Definition, env: Mapping[str, str], timeout: float):
        """Returns when the pack serves; `timeout` in seconds. Raises `PolicyPackError` with what the pack printed."""
        self._definition = definition
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._first = threading.Event()
        self._port = ""
        try:
            self._child = subprocess.Popen(
                [definition.interpreter, "-u", str(HOST), "", str(definition.program)],
                cwd=definition.folder,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise PolicyPackError(
                f"could not start policy pack '{definition.given}' with '{definition.interpreter}': {error.strerror}"
            ) from error
        assert self._child.stdout, "asked for"
        assert self._child.stderr, "asked for"
        self._readers = [
            threading.Thread(target=self._read_output, args=(self._child.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._child.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._await_port(timeout)

    @property
    def address(self) -> str:
        """Where the pack serves, as host:port."""
        return f"127.0.0.1:{self._port}"

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._child.poll() is None

    def failure(self, what: str) -> PolicyPackError:
        """An error about this pack: what happened, how the process ended if it has, and what it printed last."""
        # A process that is just dying shall be told from one that lives, and be heard out.
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(0.2)
        if not self.alive:
            for reader in self._readers:
                reader.join(1)
        ended = "" if self.alive else f"; its process has ended with exit code {self._child.returncode}"
        printed = "".join(f"\n  {line}" for line in list(self._lines))
        return PolicyPackError(
            f"policy pack '{self._definition.given}' {what}{ended}; correct the pack or run without it"
            + (f". It printed:{printed}" if printed else "")
        )

    def close(self) -> None:
        """Ends the process. Closing twice is fine."""
        if self.alive:
            self._child.kill()
        self._child.wait()
        if self._child.stdin:
            with suppress(OSError):
                self._child.stdin.close()
        for reader in self._readers:
            reader.join(1)

    def _await_port(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not self._first.wait(0.05) and self.alive and time.monotonic() < deadline:
            pass
        if self._port.isdigit():
            return
        if self.alive and self._first.is_set():
            what = (
                f"printed '{self._port}' where its port was expected; a pack must not print before it serves"
            )
        elif self.alive:
            what = f"did not begin to serve within {timeout:g} s"
        else:
            what = "failed to start"
        error = self.failure(what)
        self.close()
        raise error

    def _read_output(self, stream: IO[str]) -> None:
        line = stream.readline()
        self._port = line.strip()
        if line:
            self._first.set()
        self._lines.extend(line.rstrip() for line in stream)

    def _read_errors(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.append(line.rstrip())
