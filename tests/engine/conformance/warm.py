"""Interpreters that have imported already what every engine and program imports, which takes them seconds each.

`python -m tests.engine.conformance.warm SOCKET` imports it once, and forks whoever is asked for. The command that
`client` writes is used like an interpreter: arguments, environment, folder and streams are those of its caller, its
exit code is that of the program, and when it is killed the program is.

The one that forks must not use gRPC itself, which does not survive forks.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GROUPS = ("apps", "autoscaling", "batch", "core", "networking", "policy", "rbac", "storage")
IMPORTED = (
    "engine.cli.dispatch",
    "engine.command",
    "pulumi_kubernetes.yaml",
    *(f"pulumi_kubernetes.{name}.v1" for name in GROUPS),
)

_CLIENT = """\
#!{python} -IS
import json, os, signal, socket, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
server.sendall(asked)
sys.exit(int(server.makefile().read() or 1))
"""


def client(folder: Path, address: Path) -> Path:
    """The command that is used like an interpreter; the server listens on `address`."""
    command = folder / "python"
    command.write_text(_CLIENT.format(python=sys.executable, address=str(address)))
    command.chmod(0o755)
    return command


def started(address: Path, folder: Path) -> subprocess.Popen[str]:
    """The server, once it listens; it ends when its standard input does."""
    command = [sys.executable, "-m", "tests.engine.conformance.warm", str(address)]
    env = os.environ | {"PYTHONPATH": str(folder), "PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "pycache")}
    server = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server


@dataclass(frozen=True)
class Asked:
    """What is to be run: an interpreter's arguments, the environment, the folder and the three streams."""

    arguments: Sequence[str]
    environment: dict[str, str]
    folder: str
    streams: Sequence[int]

    @classmethod
    def read(cls, caller: socket.socket) -> Asked:
        length, streams, _, _ = socket.recv_fds(caller, 4, 3)
        with caller.makefile("rb") as sent:
            arguments, environment, folder = json.loads(sent.read(int.from_bytes(length, "big")))
        return cls(arguments, environment, folder, streams)

    def become(self) -> None:
        """Take on everything of the caller's that a process has from the start."""
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]

    def run(self) -> None:
        """Run a module (`-m NAME`) or a script; both end as `SystemExit` or an error."""
        words = [word for word in self.arguments if word != "-u"]
        module = words[0] == "-m"
        name, *rest = words[1:] if module else words
        sys.argv = [name, *rest]
        sys.path[0] = self.folder if module else str(Path(name).parent)
        if module:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(name, run_name="__main__")


def served(address: str) -> Asked:
    """Fork for each caller until standard input ends; returns in those that are to run what was asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                os._exit(0)
            caller, _ = listener.accept()
            if os.fork() == 0:
                break
            caller.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return _attended(caller)


def _attended(caller: socket.socket) -> Asked:
    """Tell the caller the exit code of a child, which alone returns; a caller that is gone takes the child along."""
    asked = Asked.read(caller)
    child = os.fork()
    if child == 0:
        caller.close()
        return asked
    for stream in asked.streams:
        os.close(stream)
    watched: list[Any] = [os.pidfd_open(child), caller]
    ready, _, _ = select.select(watched, [], [])
    if caller in ready:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if caller not in ready:
        caller.sendall(str(code).encode())
    os._exit(0)


def main() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    asked = served(sys.argv[1])
    asked.become()
    asked.run()


if __name__ == "__main__":
    main()
