"""Processes inside pods: started through `launch.py`, watched without polling, ended with all they started."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
NOT_STARTED = 128  # exit code of a program that could not be started


@dataclass(frozen=True)
class Layer:
    """What an image adds to the machine's files. Paths are absolute."""

    links: Mapping[str, str] = field(default_factory=dict)  # path -> what it points at
    scripts: Mapping[str, str] = field(default_factory=dict)  # path -> text of an executable file
    directories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mount:
    """Something of the machine's that a pod sees at `path`."""

    source: Path
    path: str
    read_only: bool = False


@dataclass(frozen=True)
class Room:
    """Where a program is to run: in a new root of its own, or beside the process `beside`."""

    scratch: Path = Path("/")
    hostname: str = ""
    network: int | None = None  # descriptor of a network namespace; without it, the lab's own
    layer: Layer = Layer()
    mounts: tuple[Mount, ...] = ()
    beside: int | None = None


@dataclass(frozen=True)
class Command:
    """What is to be run."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: str = "/"


@dataclass(frozen=True)
class Streams:
    """Descriptors for the program's standard streams; `terminal` makes stdin its controlling terminal."""

    stdin: int
    stdout: int
    stderr: int
    terminal: bool = False


class StartFailed(Exception):
    """The program never ran; the text says why."""


class Process:
    """One running program."""

    def __init__(self, popen: "subprocess.Popen[bytes]") -> None:
        self.pid = popen.pid
        self._popen = popen
        self._descriptor = os.pidfd_open(popen.pid)
        self._exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._descriptor, self._ended)

    async def wait(self) -> int:
        """The exit code; 128 plus the signal's number for a program that a signal ended."""
        return await asyncio.shield(self._exit)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._exit.done()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the program, if it still runs."""
        if self.running:
            self._popen.send_signal(number)

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        code = self._popen.wait()
        self._exit.set_result(code if code >= 0 else 128 - code)


async def start(room: Room, command: Command, streams: Streams) -> Process:
    """Runs `command` in `room`. Returns once it runs; raises `StartFailed` if it can't."""
    reader, report = os.pipe()
    sheet = _sheet(room, command, streams, report)
    passed = [sheet, report] if room.network is None else [sheet, report, room.network]
    try:
        popen = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(sheet)],
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            pass_fds=passed,
            cwd="/",
        )
    except OSError as error:
        os.close(reader)
        raise StartFailed(str(error)) from error
    finally:
        os.close(sheet)
        os.close(report)
    process = Process(popen)
    if problem := await _said(reader):
        await process.wait()
        raise StartFailed(problem)
    return process


def _sheet(room: Room, command: Command, streams: Streams, report: int) -> int:
    launch = {
        "parent": os.getpid(),
        "report": report,
        "scratch": str(room.scratch),
        "hostname": room.hostname,
        "network": room.network,
        "layer": {
            "links": dict(room.layer.links),
            "scripts": dict(room.layer.scripts),
            "directories": room.layer.directories,
        },
        "mounts": [(str(mount.source), mount.path, mount.read_only) for mount in room.mounts],
        "enter": room.beside,
        "argv": command.argv,
        "environment": dict(command.environment),
        "directory": command.directory,
        "terminal": streams.terminal,
    }
    descriptor = os.memfd_create("launch")
    os.write(descriptor, json.dumps(launch).encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


async def _said(report: int) -> str:
    """What went wrong before the program ran: the report's other end closes as soon as it does."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(report, "rb", 0)
    )
    try:
        return (await reader.read()).decode(errors="replace")
    finally:
        transport.close()


@dataclass(frozen=True)
class Namespace:
    """A kernel namespace. While it is held open, its number can't become another's."""

    kind: str  # mnt or net
    number: int  # 0: the process was gone before it could be looked at
    descriptor: int = -1

    @classmethod
    def of(cls, pid: int, kind: str) -> "Namespace":
        """The namespace that the process `pid` is in."""
        try:
            return cls._at(f"/proc/{pid}/ns/{kind}", kind)
        except OSError:
            return cls(kind, 0)

    @classmethod
    def of_this_thread(cls, kind: str) -> "Namespace":
        """The namespace that the calling thread is in."""
        return cls._at(f"/proc/thread-self/ns/{kind}", kind)

    @classmethod
    def _at(cls, path: str, kind: str) -> "Namespace":
        descriptor = os.open(path, os.O_RDONLY)
        return cls(kind, os.fstat(descriptor).st_ino, descriptor)

    def kill(self) -> None:
        """Ends every process in it."""
        if self.number:
            kill(pid for pid in pids() if number_of(pid, self.kind) == self.number)

    def close(self) -> None:
        """Lets it go."""
        if self.descriptor >= 0:
            os.close(self.descriptor)


def number_of(pid: int, kind: str) -> int:
    """The number of the namespace that the process `pid` is in; 0 if the process is gone."""
    try:
        return os.stat(f"/proc/{pid}/ns/{kind}").st_ino
    except OSError:
        return 0


def pids() -> Iterator[int]:
    """Every process that can be seen."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def kill(processes: Iterable[int]) -> None:
    """Ends processes at once."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def left_behind(config: Path) -> Collection[int]:
    """Processes that an earlier node of the same lab started in pods."""
    mark = f"LAB_CONFIG={config}".encode()
    ours = number_of(os.getpid(), "mnt")
    return [pid for pid in pids() if number_of(pid, "mnt") not in (0, ours) and mark in _environment(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
