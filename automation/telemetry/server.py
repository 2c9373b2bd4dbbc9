"""The pages that Prometheus and a kubelet read: `/metrics`, `/healthz` and `/readyz`."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from prometheus_client import CONTENT_TYPE_LATEST

from automation.errors import PortTaken

PLAIN = "text/plain; charset=utf-8"
READ_SECONDS = 10
"""How long a caller may take with his request."""


@dataclass(frozen=True)
class Page:
    """What is answered."""

    body: bytes
    content_type: str = PLAIN
    status: HTTPStatus = HTTPStatus.OK

    @classmethod
    def verdict(cls, trouble: str) -> Page:
        """`ok`, or what is wrong with a 503."""
        if trouble:
            return cls(f"{trouble}\n".encode(), status=HTTPStatus.SERVICE_UNAVAILABLE)
        return cls(b"ok\n")


Pages = dict[str, Callable[[], Page]]


def pages(metrics: Callable[[], bytes], ailing: Callable[[], str], unready: Callable[[], str]) -> Pages:
    """`ailing` and `unready` say what is wrong, "" for nothing."""
    return {
        "/metrics": lambda: Page(metrics(), CONTENT_TYPE_LATEST),
        "/healthz": lambda: Page.verdict(ailing()),
        "/readyz": lambda: Page.verdict(unready()),
    }


@dataclass(frozen=True)
class Address:
    """Where a server listens; port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        host = self.host or "0.0.0.0"
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away while it is answered has no need of the answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Server:
    """Answers from `start` on until it is stopped, in threads of its own."""

    def __init__(self, address: Address, pages: Pages) -> None:
        """Raises PortTaken."""
        try:
            self._server = _Listener((address.host, address.port), _handler(pages))
        except OSError as refused:
            raise PortTaken(
                f"can't listen on {address}: {refused.strerror or refused}",
                "pass another address: sluice run --listen HOST:PORT",
            ) from refused
        self.address = Address(address.host, self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="pages", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(pages: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = READ_SECONDS
        server_version, sys_version = "sluice", ""

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            if page is None:
                known = ", ".join(pages)
                self._answer(
                    Page(f"there is no {self.path}, but {known}\n".encode(), status=HTTPStatus.NOT_FOUND)
                )
            else:
                self._answer(page())

        do_HEAD = do_GET

        def _answer(self, page: Page) -> None:
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Probes come every few seconds, and each of them is like the one before."""

    return Handler
