"""Shell commands that the load tester runs for others."""

import asyncio
import logging
import os
import signal
from dataclasses import dataclass

from lab.child import ending_with_parent

log = logging.getLogger(__name__)

TIMED_OUT = 124  # the exit code of timeout(1)


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code and all that it printed."""

    code: int
    output: str


class Tasks:
    """Runs commands, each for `timeout` seconds at most."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._processes: set[asyncio.subprocess.Process] = set()
        self._background: dict[tuple[str, str], asyncio.Task[None]] = {}

    @property
    def running(self) -> int:
        """Commands under way."""
        return len(self._processes)

    def begin(self, canary: str, command: str) -> bool:
        """Run a command in the background; not if the same one runs for the same canary already."""
        key = (canary, command)
        if key in self._background:
            return False
        task = self._background[key] = asyncio.create_task(self._log(canary, command))
        task.add_done_callback(lambda _: self._background.pop(key))
        return True

    async def run(self, shell: str, command: str) -> Outcome:
        """Run a command to its end."""
        process = await asyncio.create_subprocess_exec(
            shell,
            "-c",
            command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=ending_with_parent(signal.SIGKILL),
        )
        self._processes.add(process)
        try:
            output, _ = await asyncio.wait_for(process.communicate(), self._timeout)
        except TimeoutError:
            return Outcome(TIMED_OUT, f"stopped after {self._timeout:g} s")
        finally:
            _kill(process)
            await process.wait()
            self._processes.discard(process)
        return Outcome(process.returncode or 0, output.decode(errors="replace"))

    async def stop(self) -> None:
        """End every command, and wait until they have ended."""
        for process in self._processes:
            _kill(process)
        await asyncio.gather(*self._background.values())

    async def _log(self, canary: str, command: str) -> None:
        log.info("%s: started %s", canary, command)
        outcome = await self.run("sh", command)
        level = logging.INFO if outcome.code == 0 else logging.ERROR
        log.log(level, "%s: exit code %d from %s\n%s", canary, outcome.code, command, outcome.output.rstrip())


def _kill(process: asyncio.subprocess.Process) -> None:
    """The command and all it has started, which live in a session of their own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
