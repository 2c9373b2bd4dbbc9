"""Names inside pods: a DNS server that knows the lab's Services, so that short names work as in any cluster.

It answers from the lab's hosts file and knows nothing of the world outside. What is not there is answered at once.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path

PORT = 53
TTL_SECONDS = 1
_HEADER = struct.Struct("!6H")
_A, _ANY = 1, 255
_ANSWER, _UNKNOWN = 0x8580, 3  # flags: answer, authoritative, recursion asked for and available

LookUp = Callable[[str], Sequence[str] | None]
"""Addresses of a name; None if there is no such name."""


def resolver_file(server: str, namespace: str) -> str:
    """What a pod of `namespace` has as /etc/resolv.conf."""
    domains = f"{namespace}.svc.cluster.local svc.cluster.local cluster.local"
    return f"search {domains}\nnameserver {server}\noptions ndots:5 timeout:2 attempts:2\n"


def parse_hosts(text: str) -> dict[str, list[str]]:
    """Name -> IPv4 addresses, of a hosts file."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if address and ":" not in address:
            for name in names:
                found.setdefault(name.lower(), []).append(address)
    return found


def answer(query: bytes, look_up: LookUp) -> bytes:
    """The answer to a query of one question. Raises `ValueError` or `struct.error` if it is none."""
    number, _, questions, *_ = _HEADER.unpack_from(query)
    if questions != 1:
        raise ValueError(f"{questions} questions")
    name, end = _name(query, _HEADER.size)
    kind, _ = struct.unpack_from("!2H", query, end)
    addresses = look_up(name)
    given = addresses if addresses and kind in (_A, _ANY) else ()
    head = _HEADER.pack(number, _ANSWER | (_UNKNOWN if addresses is None else 0), 1, len(given), 0, 0)
    # Each record begins with a pointer to the question's name, which stands right after the header.
    records = [
        struct.pack("!3HIH", 0xC000 | _HEADER.size, _A, 1, TTL_SECONDS, 4) + IPv4Address(address).packed
        for address in given
    ]
    return head + query[_HEADER.size : end + 4] + b"".join(records)


def _name(query: bytes, start: int) -> tuple[str, int]:
    """The name at `start`, in lower case, and where it ends."""
    labels = []
    while length := query[start]:
        labels.append(query[start + 1 : start + 1 + length].decode("ascii"))
        start += 1 + length
    return ".".join(labels).lower(), start + 1


class Names(asyncio.DatagramProtocol):
    """`pods` maps a pod's address to its host name: a pod can look itself up."""

    def __init__(self, hosts: Path, pods: Callable[[], Mapping[str, str]]) -> None:
        self._hosts, self._pods = hosts, pods
        self._known: dict[str, list[str]] = {}
        self._read_at = 0

    async def start(self, address: str) -> asyncio.DatagramTransport:
        """Begins to answer at `address`."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, PORT))
        return self._transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio."""
        try:
            said = answer(data, lambda name: self._look_up(name, addr[0]))
        except (ValueError, struct.error, IndexError, OSError):
            return  # not a question, or no hosts file: silence, and the asker tries again
        self._transport.sendto(said, addr)

    def _look_up(self, name: str, asker: str) -> Sequence[str] | None:
        if name.partition(".")[0] == self._pods().get(asker):
            return [asker]
        changed = self._hosts.stat().st_mtime_ns
        if changed != self._read_at:
            self._known, self._read_at = parse_hosts(self._hosts.read_text()), changed
        return self._known.get(name)
