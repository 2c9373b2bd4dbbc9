"""The pages over HTTP."""

from __future__ import annotations

import pytest
import requests

from automation.errors import PortTaken
from automation.telemetry.server import Address, Server, pages

HERE = Address("127.0.0.1", 0)


def ask(server: Server, path: str) -> requests.Response:
    return requests.get(f"http://{server.address}{path}", timeout=5)


def test_metrics_come_as_prometheus_reads_them() -> None:
    with Server(HERE, pages(lambda: b"up 1\n", str, str)) as server:
        answer = ask(server, "/metrics")
    assert answer.text == "up 1\n"
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/healthz", 503, "it hangs\n"),
        ("/healthz?verbose", 503, "it hangs\n"),
        ("/readyz", 200, "ok\n"),
        ("/", 404, "there is no /, but /metrics, /healthz, /readyz\n"),
    ],
)
def test_probes_are_told_what_is_wrong(path: str, status: int, text: str) -> None:
    with Server(HERE, pages(lambda: b"", lambda: "it hangs", str)) as server:
        answer = ask(server, path)
    assert (answer.status_code, answer.text) == (status, text)


def test_a_port_that_somebody_has_is_said_with_the_way_out() -> None:
    with (
        Server(HERE, {}) as server,
        pytest.raises(PortTaken, match=r"can.t listen on 127\.0\.0\.1:") as refused,
    ):
        Server(server.address, {})
    assert "--listen" in refused.value.remedy
