"""A port of loopback whose connections are met as a test says: refused, cut off, left waiting, answered."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
Meeting = Callable[[socket.socket], None]


class Door:
    """A port that refuses until it is opened. `meetings` meet its connections in turn, the last one all others."""

    def __init__(self, meetings: tuple[Meeting, ...]) -> None:
        self._meetings = meetings
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._server = threading.Thread(target=self._serve, daemon=True)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.opened = 0

    def open(self) -> None:
        self._listener.listen()
        self._server.start()

    def close(self) -> None:
        with suppress(OSError):  # it was never opened
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._server.ident:
            self._server.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                connection, _ = self._listener.accept()
                meeting = self._meetings[min(self.opened, len(self._meetings) - 1)]
                self.opened += 1
                with connection, suppress(OSError):
                    meeting(connection)


@contextmanager
def closed(*meetings: Meeting) -> Iterator[Door]:
    door = Door(meetings)
    try:
        yield door
    finally:
        door.close()


@contextmanager
def opened(*meetings: Meeting) -> Iterator[Door]:
    with closed(*meetings) as door:
        door.open()
        yield door


def reset(connection: socket.socket) -> None:
    """Cuts it off: closed with no time to linger, a socket sends RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hear_and_leave(connection: socket.socket) -> None:
    connection.recv(65536)


def wait_for_its_end(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def answer(connection: socket.socket) -> None:
    """Reads the whole request first: what is left unread when a socket is closed becomes a reset."""
    request = b""
    while not _whole(request):
        request += connection.recv(65536)
    connection.sendall(OK)


def _whole(request: bytes) -> bool:
    head, found, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(found) and len(body) >= (int(length[1]) if length else 0)


def secured(authority_file: Path, meeting: Meeting) -> Meeting:
    """Meets over TLS, with a certificate of an authority that is written to a file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(authority_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def meet(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as shielded:
            meeting(shielded)

    return meet
