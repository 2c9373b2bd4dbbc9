"""One supervised process: started, watched until it is ready, started again when it ends by itself."""

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab.control_plane import Component

LONGEST_WAIT = 10.0  # seconds between two tries
STEADY = 30.0  # seconds after which a process that ends counts as having run well
GRACE = 5.0  # seconds that a process has to end by itself
POLL = 0.05  # seconds between two looks whether a process is ready


def wait_before(failures: int) -> float:
    """Seconds to wait before the next start, after so many ends in a row."""
    return float(min(0.2 * 2 ** (failures - 1), LONGEST_WAIT)) if failures else 0.0


class Unit:
    """The state of one component. `run` keeps it going; the other methods are what a person may ask for."""

    def __init__(
        self,
        component: Component,
        log: Path,
        environment: dict[str, str],
        stdin: int = subprocess.DEVNULL,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self.component = component
        self.log = log
        self.environment = environment
        self.stdin = stdin
        self.started = started  # called each time after the process was started
        self.restarts = 0
        self.failures = 0
        self.frozen = False
        self.pid = 0
        self.ready = asyncio.Event()
        self.wanted = asyncio.Event()
        self.wanted.set()
        self.ended = asyncio.Event()
        self.began = 0.0

    @property
    def state(self) -> str:
        """One word for `status`."""
        if self.frozen:
            return "frozen"
        if self.pid:
            return "ready" if self.ready.is_set() else "starting"
        return "waiting" if self.wanted.is_set() else "stopped"

    async def run(self, before: list[asyncio.Event], tls: ssl.SSLContext) -> None:
        """Wait for all of `before`, then start and start again, for ever."""
        for event in before:
            await event.wait()
        while True:
            await self.wanted.wait()
            self._start()
            watcher = asyncio.create_task(self._watch(tls))
            await self.ended.wait()
            watcher.cancel()
            self._settle()
            if self.wanted.is_set():
                self.restarts += 1
                await asyncio.sleep(wait_before(self.failures))

    def stop(self) -> None:
        """End it and keep it ended; by force if it takes its time."""
        self.wanted.clear()
        self._signal(signal.SIGCONT, signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE, self._insist, self.pid)

    def kill(self) -> None:
        """End it at once; it is started again if it is wanted."""
        self._signal(signal.SIGKILL)

    def start(self) -> None:
        """Have it run (again)."""
        self.failures = 0
        self.wanted.set()

    def freeze(self, frozen: bool) -> None:
        """Halt or resume it where it is."""
        self.frozen = frozen and bool(self.pid)
        self._signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def reaped(self) -> None:
        """To be called when the process has ended."""
        self.pid = 0
        self.ended.set()

    def _signal(self, *signals: signal.Signals) -> None:
        if self.pid:
            for number in signals:
                with contextlib.suppress(ProcessLookupError):  # it may be about to be reaped
                    os.kill(self.pid, number)

    def _insist(self, pid: int) -> None:
        if pid == self.pid:
            self.kill()

    def _start(self) -> None:
        self.ended.clear()
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            try:
                process = subprocess.Popen(
                    self.component.argv,
                    stdin=self.stdin,
                    stdout=log,
                    stderr=log,
                    env={**self.environment, **self.component.environment},
                    start_new_session=True,
                )
            except OSError as problem:
                log.write(f"{self.component.name} could not be started: {problem}\n".encode())
                self.ended.set()
                return
        self.pid = process.pid
        self.started()
        process.returncode = 0  # the supervisor reaps every child, so that this object must not wait for it

    def _settle(self) -> None:
        self.ready.clear()
        self.frozen = False
        self.failures = 0 if time.monotonic() - self.began >= STEADY else self.failures + 1

    async def _watch(self, tls: ssl.SSLContext) -> None:
        while not await _answers(self.component, tls):
            await asyncio.sleep(POLL)
        self.ready.set()


async def _answers(component: Component, tls: ssl.SSLContext) -> bool:
    if not component.port:
        return True
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", component.port, ssl=tls if component.path else None
        )
    except OSError:
        return False
    with contextlib.closing(writer):
        if not component.path:
            return True
        writer.write(f"GET {component.path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        try:
            return b" 200 " in await reader.readline()
        except OSError:
            return False
