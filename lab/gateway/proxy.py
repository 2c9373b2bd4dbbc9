"""Traefik as a child process: its start, its own settings, and its numbers."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import yaml

from lab.child import ending_with_parent
from lab.gateway.ledger import BUCKETS_MS


@dataclass(frozen=True)
class Ports:
    """Where the parts of the gateway listen. The last three, Traefik's own numbers, the answers to requests that nobody
    else answers, and the ids of requests, only listen on loopback."""

    requests: int = 9080
    measurements: int = 9091
    internal: int = 9093
    excuses: int = 9094
    ids: int = 9095


def settings(ports: Ports, dynamic: Path) -> dict[str, object]:
    """Traefik's static configuration: it follows the file `dynamic` without delay."""
    return {
        "entryPoints": {
            "web": {"address": f":{ports.requests}", "forwardedHeaders": {"insecure": True}},
            "internal": {"address": f"127.0.0.1:{ports.internal}"},
        },
        "providers": {"providersThrottleDuration": "0s", "file": {"filename": str(dynamic), "watch": True}},
        "metrics": {
            "prometheus": {
                "entryPoint": "internal",
                "buckets": [bound / 1000 for bound in BUCKETS_MS],
                "addEntryPointsLabels": False,
                "addRoutersLabels": False,
                "addServicesLabels": True,
            }
        },
        "ping": {"entryPoint": "internal"},
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "ERROR", "noColor": True},
    }


class Traefik:
    """A running Traefik. `dynamic` is the file of its routes; it is there before the start."""

    def __init__(self, program: Path, folder: Path, ports: Ports) -> None:
        self.program = program
        self._folder = folder
        self.ports = ports
        self.dynamic = folder / "dynamic.yaml"

    def publish(self, text: str) -> None:
        """Put the routes in force; Traefik never sees half a file."""
        fresh = self._folder / ".dynamic.new"
        fresh.write_text(text)
        fresh.replace(self.dynamic)

    async def run(self) -> int:
        """Run until it ends, by itself or because this process is told to stop; its exit code."""
        static = self._folder / "static.yaml"
        static.write_text(yaml.safe_dump(settings(self.ports, self.dynamic)))
        process = await asyncio.create_subprocess_exec(
            self.program, f"--configFile={static}", preexec_fn=ending_with_parent(signal.SIGTERM)
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, process.terminate)
        return await process.wait()

    async def measurements(self, session: aiohttp.ClientSession) -> str:
        """Its numbers in Prometheus' text format; nothing while it does not answer."""
        try:
            async with session.get(f"http://127.0.0.1:{self.ports.internal}/metrics") as response:
                return await response.text() if response.ok else ""
        except (aiohttp.ClientError, OSError):
            return ""
