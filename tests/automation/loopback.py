"""A loopback HTTP server for adapter tests: answers from a table, remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.answering import answering

NOBODY = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": 'no endpoints available for service "prometheus"',
    "reason": "ServiceUnavailable",
    "code": 503,
}
"""What an API server answers in place of a service without pods."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: Any = field(default_factory=dict)
    lines: tuple[Any, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Loopback:
    """`respond` maps a request to its answer; `asked` holds every request in order."""

    respond: Callable[[Asked], Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def loopback(respond: Callable[[Asked], Answer]) -> Iterator[Loopback]:
    served = Loopback(respond)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            served.asked.append(asked)
            answer = served.respond(asked)
            text = "".join(json.dumps(line) + "\n" for line in answer.lines)
            data = (
                text or (answer.body if isinstance(answer.body, str) else json.dumps(answer.body))
            ).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked may not wait any more
                self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    with answering(server):
        yield served
