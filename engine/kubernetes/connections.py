"""Connections to an API server: opened again if opening one fails, and found out when they are dead.

A request is repeated only if nothing of it was sent, if it may be done twice without harm, or if the server says so.
"""

from __future__ import annotations

import socket
import ssl
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import urllib3
from urllib3 import BaseHTTPResponse, ProxyManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from engine.kubernetes.patience import Patience

# Steps run in parallel, and every wait holds a connection for each thing that it watches.
POOL_SIZE = 64

ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What a handshake raises whose other end has gone: the second by Python 3.11.2 with OpenSSL 3."""

REOPENED, RESENT, THROTTLED, BACKOFF_SECONDS = 3, 1, 4, 0.25
"""How often a connection is opened again (after 0, 0.5 and 1 s), a lost request sent again, a throttled one as well."""


def timeout(patience: Patience, streaming: bool) -> Timeout:
    """A stream is silent for as long as nothing happens."""
    return Timeout(connect=patience.connect, read=None if streaming else patience.answer)


class Again(Retry):
    """What is tried again. A server that takes too long is not asked again: it would take as long again."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


def again(method: str) -> Again:
    """How a request is repeated. What was sent to create something is not: it may have been created."""
    return Again(
        total=None,
        connect=REOPENED,
        read=0 if method == "POST" else RESENT,
        status=THROTTLED,
        other=0,
        redirect=0,
        status_forcelist=[HTTPStatus.TOO_MANY_REQUESTS],
        allowed_methods=None,
        backoff_factor=BACKOFF_SECONDS,
        raise_on_status=False,
    )


def pool(proxy: str | None, **options: Any) -> urllib3.PoolManager:
    """Connections that all threads share. `options` are those of urllib3 for TLS."""
    options |= {"maxsize": POOL_SIZE, "block": False, "socket_options": _socket_options()}
    manager = ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}
    return manager


class _Connection(HTTPSConnection):
    """Reports a handshake that was cut off or too slow as a failed connect; urllib3 reports a failed read."""

    def connect(self) -> None:
        try:
            super().connect()
        except (ConnectionError, *ENDED) as lost:
            raise NewConnectionError(self, f"Failed to establish a new connection: {lost}") from lost
        except TimeoutError as slow:
            text = f"Connection to {self.host} timed out. (connect timeout={self.timeout})"
            raise ConnectTimeoutError(self, text) from slow


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection

    def __str__(self) -> str:
        """What errors of connections show to people."""
        return f"{self.host}:{self.port}"


def _socket_options() -> list[tuple[int, int, int]]:
    """A peer that is gone is noticed after 45 seconds, as by pings of client-go. Not every system can be told."""
    wanted = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 45_000}
    known = [
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in wanted.items()
        if hasattr(socket, name)
    ]
    return [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *known]
