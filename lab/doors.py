"""Whether the ports that lead into a lab lead anywhere: each is asked."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

SECONDS = 3.0
_REQUEST = b"GET / HTTP/1.0\r\n\r\n"


def asked(addresses: Mapping[str, str], seconds: float = SECONDS) -> dict[str, str]:
    """What is wrong with each door, "" where it answers; all are asked at the same time.

    Any bytes are an answer, also to a request that a server does not understand. So is a connection that is refused or
    ended at once: the door stands open, and nobody is behind it yet.
    """
    if not addresses:
        return {}
    with ThreadPoolExecutor(max_workers=len(addresses)) as pool:
        found = pool.map(lambda address: _ask(address, seconds), addresses.values())
        return dict(zip(addresses, found, strict=True))


def _ask(address: str, seconds: float) -> str:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=seconds) as connection:
            connection.sendall(_REQUEST)
            connection.recv(1)
    except TimeoutError:
        return f"does not answer in {seconds:g} s"
    except ConnectionRefusedError:
        return "is closed"
    except OSError:
        return ""
    return ""
