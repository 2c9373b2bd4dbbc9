"""Making a lab: its folder and what is in it, its doors on the machine, its first process."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from lab.binaries import Report, ensure
from lab.certificates import write_certificates
from lab.config import Config
from lab.control_plane import BINARIES, environment
from lab.errors import LabError
from lab.forward import API, Door
from lab.kubeconfig import write_kubeconfigs

LEADS_TO = {
    API: ("127.0.0.1", 6443),
    "gateway": ("apisix-gateway.apisix", 80),
    "prometheus": ("flagger-prometheus.apisix", 9090),
}
"""Doors that every lab has: name -> host and port inside."""


def claim(folder: Path) -> int | None:
    """Make the lab's folder if need be and lock it; None if a living lab holds the lock.

    The lock goes to the lab's first process and ends with it, whatever ends it: it is how one knows that a lab lives.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.parent.stat().st_uid != os.getuid():
        raise LabError(f"{folder.parent} belongs to somebody else; set XDG_RUNTIME_DIR to a folder of yours.")
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def empty(folder: Path) -> bool:
    """Remove what a dead lab left in its folder; whether there was anything."""
    left = list(folder.iterdir())
    for path in left:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return bool(left)


def launch(
    config: Config, lock: int, ports: Mapping[str, int], report: Report | None
) -> subprocess.Popen[bytes]:
    """Get the programs, open the doors, fill the lab's folder, and start its first process, which holds the lock.

    Raises `Missing`, `LabError` for a port that is taken, and `OSError` when the folder can't be written.
    """
    programs = ensure([*BINARIES, "kubectl"], report)
    with ExitStack() as open_here:
        doors = {name: open_here.enter_context(open_door(name, ports.get(name, 0))) for name in LEADS_TO}
        _furnish(config, programs, outside=f"127.0.0.1:{doors[API].getsockname()[1]}")
        return _start(config, lock, doors)


def open_door(name: str, port: int = 0) -> socket.socket:
    """A socket listening on 127.0.0.1. Raises `LabError` if the port is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as problem:
        listener.close()
        raise LabError(f"Port {port} for {name} can't be had on 127.0.0.1: {problem.strerror}.") from problem
    listener.listen(128)
    return listener


def _furnish(config: Config, programs: Mapping[str, Path], outside: str) -> None:
    """Everything the lab's processes find in its folder."""
    config.logs.mkdir()
    config.binaries.mkdir()
    for name, path in programs.items():
        (config.binaries / name).symlink_to(path)
    config.hosts.write_text("127.0.0.1 localhost\n")
    config.faults.write_text("{}")
    config.write()
    write_kubeconfigs(config, write_certificates(config), outside)


def _start(config: Config, lock: int, doors: Mapping[str, socket.socket]) -> subprocess.Popen[bytes]:
    described = [
        json.dumps([asdict(Door(name, *LEADS_TO[name], listener.getsockname()[1])), listener.fileno()])
        for name, listener in doors.items()
    ]
    with (config.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lab.outside", str(config.path), str(lock), *described],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(config),
            start_new_session=True,
            pass_fds=[lock, *(listener.fileno() for listener in doors.values())],
        )
