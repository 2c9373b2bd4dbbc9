"""What tests may leave behind: descriptors, processes, network namespaces, mounts and files, before and after."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from kubernetes.config import kube_config
from urllib3 import PoolManager

PROC = Path("/proc")
MARK = "LAB_TESTS"
"""The variable by which processes are known that the tests, or whatever they started, have started."""

POLLERS = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]")
"""gRPC keeps its own for the life of the process. An event loop that is left behind shows by its pair of sockets."""


@dataclass(frozen=True)
class Holdings:
    """Each thing by a name that says which one it is."""

    descriptors: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    mounts: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


def left(before: Holdings, after: Holdings) -> list[str]:
    """What is there afterwards and was not before: `processes: 4711 sleep 60`."""
    return [
        f"{field.name}: {thing}"
        for field in fields(Holdings)
        for thing in sorted(getattr(after, field.name) - getattr(before, field.name))
    ]


def holdings(folder: Path) -> Holdings:
    """What this process holds now, the processes that are marked with `folder`, and what lies in it."""
    gc.collect()
    _close_idle_connections()
    # The Kubernetes client keeps certificates in files, and removes them when the process ends.
    kube_config._cleanup_temp_files()
    ours = list(_processes(folder))
    return Holdings(
        frozenset(_descriptors()),
        frozenset(f"{pid} {_command(pid)}" for pid in ours),
        frozenset(_namespaces(ours)),
        frozenset(line.split()[4] for line in (PROC / "self/mountinfo").read_text().splitlines()),
        frozenset(str(path) for path in folder.rglob("*") if not path.is_dir() or not any(path.iterdir())),
    )


def _close_idle_connections() -> None:
    """Clients keep some for their next request. One that somebody has not given back stays open, and is found."""
    for thing in gc.get_objects():
        if issubclass(type(thing), PoolManager):
            thing.clear()


def _descriptors() -> Iterator[str]:
    """Sockets with their addresses: their numbers would tell nobody anything."""
    sockets = dict(_sockets())
    for entry in (PROC / "self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one by which the folder is read
            target = os.readlink(entry)
            if target in POLLERS:
                continue
            yield f"{entry.name} {target} {sockets.get(target, '')}".rstrip()


def _sockets() -> Iterator[tuple[str, str]]:
    """(`socket:[inode]`, protocol, addresses and state as the kernel writes them)."""
    for protocol, inode in (("tcp", 9), ("tcp6", 9), ("unix", 6)):
        for line in (PROC / f"self/net/{protocol}").read_text().splitlines()[1:]:
            words = line.split()
            told = " ".join(words[7:]) if protocol == "unix" else " ".join(words[1:4])
            yield f"socket:[{words[inode]}]", f"{protocol} {told}".rstrip()


def _processes(folder: Path) -> Iterator[int]:
    """Also those whose parent has ended: what they were started with stays in their environment."""
    mark = f"{MARK}={folder}".encode()
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _namespaces(processes: list[int]) -> Iterator[str]:
    """Network namespaces that have a name, and those in which processes of ours are."""
    with suppress(FileNotFoundError):
        yield from (entry.name for entry in Path("/run/netns").iterdir())
    home = os.readlink(PROC / "self/ns/net")
    for pid in processes:
        with suppress(OSError):
            network = os.readlink(PROC / f"{pid}/ns/net")
            if network != home:
                yield f"{network} of {pid} {_command(pid)}"


def _command(pid: int) -> str:
    with suppress(OSError):
        return (PROC / f"{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return "(ended)"
