"""The demo whose colours tell who answers, as a process."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lab.binaries import ensure
from lab.faults import Fault, set_fault
from tests.lab.backends import free_ports
from tests.lab.deadline import eventually

IMAGE = "rollouts-demo:blue"


@dataclass
class Demo:
    """A running demo of the image rollouts-demo:blue; `faults` is the file that it looks into."""

    port: int
    faults: Path

    def ask(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    (port,) = free_ports(1)
    faults = tmp_path / "faults.json"
    faults.write_text("{}")
    lab = {
        "LAB_IMAGE": IMAGE,
        "LAB_IMAGE_TAG": "blue",
        "LAB_FAULTS": str(faults),
        "LISTEN": f"127.0.0.1:{port}",
    }
    process = subprocess.Popen([ensure(["rollouts-demo"])["rollouts-demo"]], env={**os.environ, **lab})
    running = Demo(port, faults)
    eventually(lambda: running.ask("/"))
    yield running
    process.terminate()
    assert process.wait(10) == 0


def test_it_answers_with_its_colour(demo: Demo) -> None:
    assert demo.ask("/color") == (200, '"blue"\n')


def test_its_page_shows_squares(demo: Demo) -> None:
    status, page = demo.ask("/")
    assert status == 200
    assert 'id="squares"' in page
    assert demo.ask("/else")[0] == 404


def test_it_does_wrong_what_the_lab_s_file_says(demo: Demo) -> None:
    set_fault(demo.faults, IMAGE, Fault(error_rate=1))
    assert demo.ask("/color")[0] == 500
    assert demo.ask("/")[0] == 200
    set_fault(demo.faults, IMAGE, Fault())
    assert demo.ask("/color")[0] == 200


def test_a_file_of_another_shape_is_no_fault(demo: Demo) -> None:
    demo.faults.write_text("[")
    assert demo.ask("/color")[0] == 200
