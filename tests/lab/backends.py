"""Servers behind a gateway that tell who answers, and what arrived."""

import http.server
import json
import secrets
import socket
import threading
from contextlib import ExitStack


class Echo(http.server.BaseHTTPRequestHandler):
    """Tells who answers, and what arrived. `/slow` waits until the server's `pause` is set."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one packet

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        said = {"by": self.server.name, "path": self.path, "headers": dict(self.headers)}  # type: ignore[attr-defined]
        if self.path == "/slow":
            self.server.pause.wait(5)  # type: ignore[attr-defined]
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Inner", "secret")
        self.send_header("Lab-Request-Id", secrets.token_hex(16))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """One of them, under a name, on a free port."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.name = name
        self.seen: list[str] = []
        self.pause = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in sockets]
