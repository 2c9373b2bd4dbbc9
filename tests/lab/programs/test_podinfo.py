"""The lab's podinfo as a process: what it reports, and how it fails when told to."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from lab.binaries import ensure
from tests.lab.deadline import eventually


@dataclass
class Podinfo:
    """A running podinfo of the image podinfo:6.0.2; `faults` is the file that it follows."""

    program: Path
    port: int
    faults: Path

    def ask(self, path: str = "/version", method: str = "GET") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def fail(self, **faults: dict[str, Any]) -> None:
        """Write the file as the lab does: complete, or not at all."""
        fresh = self.faults.with_suffix(".new")
        fresh.write_text(json.dumps({f"podinfo:{tag}": fault for tag, fault in faults.items()}))
        fresh.replace(self.faults)


@pytest.fixture(scope="module")
def podinfo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podinfo]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("podinfo")
    running = Podinfo(ensure(["podinfo"])["podinfo"], port, folder / "faults.json")
    lab = {"LAB_IMAGE": "podinfo:6.0.2", "LAB_IMAGE_TAG": "6.0.2", "LAB_FAULTS": str(running.faults)}
    # A Service called podinfo puts this into its pods' environment; it is no port.
    environment = lab | {"PODINFO_PORT": "tcp://10.96.0.1:80"}
    command = [
        str(running.program),
        f"--port={port}",
        "--level=panic",
        "--random-delay=false",
        "--random-error=false",
    ]
    process = subprocess.Popen(command, env=environment)
    eventually(lambda: running.ask("/readyz")[0] == 200, every=0.01)
    yield running
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def no_faults(podinfo: Podinfo) -> None:
    podinfo.fail()
    eventually(lambda: [podinfo.ask()[0] for _ in range(5)] == [200] * 5, every=0.01)


def test_it_reports_the_tag_of_its_image(podinfo: Podinfo) -> None:
    assert json.loads(podinfo.ask()[1])["version"] == "6.0.2"


def test_a_fault_is_in_force_within_200_ms_and_ends_as_soon(podinfo: Podinfo) -> None:
    for fault, status in (({"error_rate": 1.0}, 500), ({}, 200)):
        podinfo.fail(**{"6.0.2": fault})
        begun = time.monotonic()
        eventually(lambda status=status: podinfo.ask()[0] == status, every=0.005)  # type: ignore[misc]
        assert time.monotonic() - begun < 0.2


def test_a_share_of_requests_fails_whatever_their_method(podinfo: Podinfo) -> None:
    podinfo.fail(**{"6.0.2": {"error_rate": 0.5, "status": 503}})
    eventually(lambda: podinfo.ask()[0] == 503, every=0.01)
    codes = [podinfo.ask("/api/echo", "POST")[0] for _ in range(200)]
    assert set(codes) == {202, 503}
    assert 60 <= codes.count(503) <= 140


def test_a_late_answer_is_late_in_its_own_metrics_too(podinfo: Podinfo) -> None:
    podinfo.fail(**{"6.0.2": {"error_rate": 1.0, "status": 504, "latency_ms": 300}})
    eventually(lambda: podinfo.ask()[0] == 504, every=0.01)
    begun = time.monotonic()
    assert podinfo.ask()[0] == 504
    assert time.monotonic() - begun >= 0.3
    metrics = podinfo.ask("/metrics")[1]
    assert (
        'http_request_duration_seconds_bucket{method="GET",path="status",status="504",le="0.25"} 0' in metrics
    )


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_and_prometheus_are_spared(podinfo: Podinfo, path: str) -> None:
    podinfo.fail(**{"6.0.2": {"error_rate": 1.0, "latency_ms": 500}})
    eventually(lambda: podinfo.ask()[0] == 500, every=0.01)
    begun = time.monotonic()
    assert podinfo.ask(path)[0] == 200
    assert time.monotonic() - begun < 0.3


def test_faults_of_another_image_are_none_of_its_business(podinfo: Podinfo) -> None:
    podinfo.fail(**{"6.0.1": {"error_rate": 1.0}})
    time.sleep(0.2)  # longer than it takes to notice
    assert podinfo.ask()[0] == 200


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "http", "localhost:{port}/readyz"], 0),
        (["check", "http", "localhost:{port}/status/503"], 1),
        (["check", "tcp", "localhost:{port}"], 0),
        (["check", "http", "localhost:1", "--timeout=1s"], 1),
        (["check"], 2),
    ],
    ids=["ready", "unwell", "a port", "nobody there", "nothing named"],
)
def test_podcli_checks_health(podinfo: Podinfo, tmp_path: Path, arguments: list[str], code: int) -> None:
    podcli = tmp_path / "podcli"
    podcli.symlink_to(podinfo.program)
    command = [str(podcli), *(argument.format(port=podinfo.port) for argument in arguments)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == code
