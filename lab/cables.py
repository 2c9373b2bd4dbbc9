"""Hurting running pods from outside of them: by the cable to their network, and by signals to their processes."""

import json
import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path

from lab.errors import LabError


def interface_of(address: str) -> str:
    """Name of the lab's end of the cable to the pod at `address`."""
    return f"pod{int(IPv4Address(address)):08x}"


def address_of(interface: str) -> str:
    """The address to whose pod a cable leads."""
    return str(IPv4Address(int(interface.removeprefix("pod"), 16)))


def plug(addresses: Iterable[str], plugged: bool) -> None:
    """Plug in or pull out the cables of pods. Raises `LabError` for an address that has none."""
    for address in _whole(addresses):
        command = ["ip", "link", "set", interface_of(address), "up" if plugged else "down"]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        if outcome.returncode:
            raise LabError(f"The pod at {address} has no cable: {outcome.stderr.strip()}")


def send(addresses: Iterable[str], number: signal.Signals) -> None:
    """Send a signal to every process of the pods at `addresses`."""
    for pid in _processes(_whole(addresses)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _whole(addresses: Iterable[str]) -> set[str]:
    """The addresses, and those of containers before which others of their pods stand."""
    pods = set(addresses)
    links = json.loads(subprocess.run(["ip", "-json", "link"], capture_output=True, check=True).stdout)
    return pods | {address_of(link["ifname"]) for link in links if link.get("ifalias") in pods}


def _processes(addresses: set[str]) -> list[int]:
    """A process is a pod's if the network it sees has the pod's address as its own."""
    known: dict[str, bool] = {}
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # it ended meanwhile
            network = os.readlink(f"/proc/{entry}/ns/net")
            if network not in known:
                known[network] = bool(addresses & _local_addresses(int(entry)))
            if known[network]:
                found.append(int(entry))
    return found


def _local_addresses(pid: int) -> set[str]:
    """Addresses of the network namespace of a process; the kernel prints each above a line `/32 host LOCAL`."""
    lines = Path(f"/proc/{pid}/net/fib_trie").read_text().splitlines()
    pairs = pairwise(lines)
    return {line.split()[-1] for line, following in pairs if following.strip() == "/32 host LOCAL"}
