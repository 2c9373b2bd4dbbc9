"""nginx as a child process: its start, its settings, its end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping
from pathlib import Path

from lab.child import ending_with_parent
from lab.ingress_nginx.model import Certificate

log = logging.getLogger(__name__)


class Nginx:
    """A running nginx. All of its files are in `folder`."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.certificates = folder / "certificates"
        self.log = folder / "access.log"
        self.certificates.mkdir(mode=0o700)

    def keep(self, certificates: Mapping[str, Certificate]) -> None:
        """Write certificates down; those of before stay, since settings that are in force may name them."""
        for name, certificate in certificates.items():
            (self.certificates / f"{name}.crt").write_bytes(certificate.chain)
            (self.certificates / f"{name}.key").write_bytes(certificate.key)

    async def publish(self, text: str) -> bool:
        """Put the settings in force, if nginx takes them; else those of before stay, and the log says why."""
        fresh = self._folder / "fresh.conf"
        fresh.write_text(text)
        asked = await asyncio.create_subprocess_exec(
            *self._command(fresh), "-t", "-q", stderr=asyncio.subprocess.PIPE
        )
        _, complaint = await asked.communicate()
        if asked.returncode:
            log.error("nginx refuses the settings: %s", complaint.decode(errors="replace").strip())
            return False
        fresh.replace(self._folder / "nginx.conf")
        self._signal(signal.SIGHUP)
        return True

    def reopen(self) -> None:
        """Have it open its log anew."""
        self._signal(signal.SIGUSR1)

    async def run(self) -> int:
        """Run until it ends, by itself or because this process is told to stop, which lets requests end first."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command(self._folder / "nginx.conf"), preexec_fn=ending_with_parent(signal.SIGTERM)
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._signal, signal.SIGQUIT)
        return await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            self._process.send_signal(number)

    def _command(self, settings: Path) -> tuple[str | Path, ...]:
        return (self._program, "-p", self._folder, "-c", settings)
