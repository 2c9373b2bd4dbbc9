"""A pod's network: a namespace of its own, joined to the lab's bridge, with an address of the pod range."""

import asyncio
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_network

from lab.cables import interface_of
from lab.config import Config
from lab.node.process import Namespace

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class NetworkFailed(Exception):
    """The kernel or `ip` refused; the text says what."""


@dataclass(frozen=True)
class Attachment:
    """One pod's place in the network. The namespace lives as long as it is held or has a process in it."""

    address: str
    namespace: Namespace


class Addresses:
    """Addresses of the pod range, handed out in turn so that a freed one rests before it is used again."""

    def __init__(self, cidr: str, bridge: str) -> None:
        network = ip_network(cidr)
        self._first, self._last = int(network.network_address) + 1, int(network.broadcast_address) - 1
        self._used = {int(IPv4Address(bridge))}
        self._next = self._first

    def take(self, preferred: str = "") -> str:
        """A free address: `preferred` if it is free and in range. Raises `NetworkFailed` when there is none."""
        if preferred and self._is_free(wanted := int(IPv4Address(preferred))):
            self._used.add(wanted)
            return preferred
        for _ in range(self._first, self._last + 1):
            candidate, self._next = self._next, self._next + 1 if self._next < self._last else self._first
            if self._is_free(candidate):
                self._used.add(candidate)
                return str(IPv4Address(candidate))
        raise NetworkFailed("every address of the pod range is in use")

    def free(self, address: str) -> None:
        """Gives `address` back."""
        self._used.discard(int(IPv4Address(address)))

    def _is_free(self, address: int) -> bool:
        return self._first <= address <= self._last and address not in self._used


class Network:
    """Attaches pods to the lab's bridge and detaches them."""

    def __init__(self, config: Config) -> None:
        self._bridge, self._gateway = config.bridge, config.bridge_address
        self._length = ip_network(config.pod_cidr).prefixlen
        self._addresses = Addresses(config.pod_cidr, config.bridge_address)

    async def prepare(self) -> None:
        """Gives the bridge a hardware address of its own.

        It would otherwise follow its ports', and pods would not find the lab for a while when another pod ends.
        """
        number = int(IPv4Address(self._gateway)).to_bytes(4)
        await asyncio.to_thread(_ip, [f"link set {self._bridge} address 02:00:{number.hex(':')}"])

    async def attach(self, preferred: str = "", front: str = "") -> Attachment:
        """Makes a network namespace with an address. Its cable tells who stands before it, at the address `front`.
        Raises `NetworkFailed`."""
        address = self._addresses.take(preferred)
        try:
            return await asyncio.to_thread(self._attach, address, front)
        except BaseException:
            self._addresses.free(address)
            raise

    def detach(self, attachment: Attachment) -> None:
        """Ends what still runs there and lets the namespace go."""
        attachment.namespace.kill()
        attachment.namespace.close()
        self._addresses.free(attachment.address)

    def _attach(self, address: str, front: str) -> Attachment:
        interface = interface_of(address)
        outside = f"/proc/{os.getpid()}/ns/net"
        _remove(interface)
        inside = [
            f"link add eth0 type veth peer name {interface} netns {outside}",
            "link set lo up",
            f"addr add {address}/{self._length} dev eth0",
            "link set eth0 up",
            f"route add default via {self._gateway}",
        ]
        namespace = _new_namespace(lambda: _ip(inside))
        try:
            told = f" alias {front}" if front else ""
            _ip([f"link set {interface} master {self._bridge}{told} up"])
        except NetworkFailed:
            namespace.close()
            raise
        return Attachment(address, namespace)


def _remove(interface: str) -> None:
    """The kernel takes its time to remove the cable of a pod that has just ended."""
    with suppress(OSError):
        socket.if_nametoindex(interface)
        with suppress(NetworkFailed):  # gone in between
            _ip([f"link delete {interface}"])


def _new_namespace(prepare: Callable[[], None]) -> Namespace:
    """Runs `prepare` in a new network namespace.

    A thread can be in another network namespace than its process; a fresh one leaves nothing to undo.
    """
    made: list[Namespace] = []
    problems: list[Exception] = []

    def work() -> None:
        try:
            if _libc.unshare(_CLONE_NEWNET):
                raise NetworkFailed(f"no network namespace: {os.strerror(ctypes.get_errno())}")
            made.append(Namespace.of_this_thread("net"))
            prepare()
        except (NetworkFailed, OSError) as error:
            problems.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not problems:
        return made[0]
    for namespace in made:
        namespace.close()
    raise NetworkFailed(str(problems[0])) from problems[0]


def _ip(commands: list[str]) -> None:
    done = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(commands), text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise NetworkFailed(f"ip: {done.stderr.strip()}")
