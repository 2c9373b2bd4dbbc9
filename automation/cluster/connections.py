"""Connections to an API server: reused while they last, and opened again if opening one fails.

A request is repeated only if that can't do anything twice: nothing of it was sent, or it only reads.
"""

from __future__ import annotations

from ssl import SSLEOFError, SSLZeroReturnError
from types import TracebackType
from typing import Any, Self

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, Retry
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

REOPENED, REREAD, BACKOFF_SECONDS = 3, 1, 0.25
"""How often a connection is opened again (after 0, 0.5 and 1 s), and how often a read whose connection was lost."""

ENDED = (SSLEOFError, SSLZeroReturnError)
"""What a handshake raises whose other end has gone: the second by Python 3.11.2 with OpenSSL 3."""


def session(configuration: Any) -> requests.Session:
    """A session with the certificates of a `kubernetes.client.Configuration`."""
    made = requests.Session()
    made.trust_env = False
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Adapter(pool_connections=4, pool_maxsize=64, max_retries=AGAIN))
    made.verify = (configuration.ssl_ca_cert or True) if configuration.verify_ssl else False
    if not configuration.verify_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if configuration.cert_file:
        made.cert = (configuration.cert_file, configuration.key_file)
    return made


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


AGAIN = Again(
    total=None,
    connect=REOPENED,
    read=REREAD,
    status=0,
    other=0,
    allowed_methods={"GET"},
    respect_retry_after_header=False,
    backoff_factor=BACKOFF_SECONDS,
)


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


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}
