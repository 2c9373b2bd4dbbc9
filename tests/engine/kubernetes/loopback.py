"""An HTTP server on loopback that answers as it is told and keeps what it was asked, whole."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.answering import answering


@dataclass(frozen=True)
class Answer:
    """One answer: a status, a document (or text, or a list of watch events), and headers."""

    document: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Loopback:
    """The running server. `answers` are given in order, the last one again and again; `route`, where it is set,
    finds the answer to a request (`GET /path?query`) instead."""

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    route: Callable[[str], Answer] | None = None
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def answer(self, request: str) -> Answer:
        if self.route:
            return self.route(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def kubeconfig(self, user: Mapping[str, Any] | None = None, **cluster: Any) -> str:
        """The text of a kubeconfig that leads here."""
        return json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                "clusters": [{"name": "k", "cluster": {"server": self.url, **cluster}}],
                "users": [{"name": "u", "user": dict(user or {})}],
            }
        )


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """A server for the time of a with block."""
    loopback = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            loopback.requests.append(f"{self.command} {self.path}" + (f"\n{body}" if body else ""))
            loopback.headers.append(dict(self.headers))
            answer = loopback.answer(f"{self.command} {self.path}")
            data = _encoded(answer.document)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    loopback.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    with answering(server):
        yield loopback


def _encoded(document: Any) -> bytes:
    if isinstance(document, str):
        return document.encode()
    if isinstance(document, list):
        return b"".join(json.dumps(event).encode() + b"\n" for event in document)
    return json.dumps(document).encode()
