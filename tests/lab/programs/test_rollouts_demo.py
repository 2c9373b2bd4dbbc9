"""The demo whose colours tell who answers."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from lab.faults import Fault, clear_faults, set_fault
from lab.programs.rollouts_demo import app, fault_of

WELL = Fault()


async def asked(path: str, fault: Fault = WELL, drawn: float = 0.5) -> tuple[int, str]:
    async with TestClient(TestServer(app("blue", lambda: fault, lambda: drawn))) as client:
        answer = await client.get(path)
        return answer.status, await answer.text()


def run(path: str, fault: Fault = WELL, drawn: float = 0.5) -> tuple[int, str]:
    return asyncio.run(asked(path, fault, drawn))


def test_it_answers_with_its_colour() -> None:
    assert run("/color") == (200, '"blue"')


def test_its_page_shows_squares() -> None:
    status, page = run("/")
    assert status == 200
    assert 'id="squares"' in page


@pytest.mark.parametrize(("drawn", "status"), [(0.29, 500), (0.3, 200)])
def test_a_share_of_its_answers_fails(drawn: float, status: int) -> None:
    assert run("/color", Fault(error_rate=0.3), drawn)[0] == status


def test_what_is_wrong_stands_in_the_lab_s_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    assert fault_of(path, "rollouts-demo:blue") == WELL
    path.write_text("{}")
    set_fault(path, "argoproj/rollouts-demo:blue", Fault(0.5, 20))
    assert fault_of(path, "rollouts-demo:blue") == Fault(0.5, 20)
    assert fault_of(path, "rollouts-demo:green") == WELL
    clear_faults(path)
    assert fault_of(path, "rollouts-demo:blue") == WELL


@pytest.mark.parametrize("text", ["[", json.dumps([]), json.dumps({"rollouts-demo:blue": 3})])
def test_a_file_of_another_shape_is_no_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.json"
    path.write_text(text)
    assert fault_of(path, "rollouts-demo:blue") == WELL
