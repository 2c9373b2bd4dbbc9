"""The file of faults, and durations as people write them."""

import json
from pathlib import Path

import pytest

from lab.durations import milliseconds
from lab.errors import LabError
from lab.faults import Fault, clear_faults, set_fault


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "faults.json"
    path.write_text("{}")
    return path


def test_faults_of_several_images_stand_side_by_side(path: Path) -> None:
    set_fault(path, "podinfo:6.0.1", Fault(error_rate=0.3))
    set_fault(path, "podinfo:6.0.2", Fault(latency_ms=800))
    assert json.loads(path.read_text()) == {
        "podinfo:6.0.1": {"error_rate": 0.3, "latency_ms": 0},
        "podinfo:6.0.2": {"error_rate": 0.0, "latency_ms": 800},
    }


def test_a_repository_does_not_matter(path: Path) -> None:
    set_fault(path, "ghcr.io/stefanprodan/podinfo:6.0.1", Fault(error_rate=1))
    assert list(json.loads(path.read_text())) == ["podinfo:6.0.1"]


def test_a_fault_of_nothing_takes_it_away(path: Path) -> None:
    set_fault(path, "podinfo:6.0.1", Fault(error_rate=0.3))
    set_fault(path, "podinfo:6.0.1", Fault())
    assert json.loads(path.read_text()) == {}


def test_all_faults_can_be_cleared(path: Path) -> None:
    set_fault(path, "podinfo:6.0.1", Fault(error_rate=0.3))
    clear_faults(path)
    assert json.loads(path.read_text()) == {}


def test_an_image_needs_its_tag(path: Path) -> None:
    with pytest.raises(LabError, match=r"podinfo:6\.0\.2"):
        set_fault(path, "podinfo", Fault(error_rate=1))


@pytest.mark.parametrize(("text", "expected"), [("800ms", 800), ("1.5s", 1500), ("2m", 120_000), ("0ms", 0)])
def test_durations(text: str, expected: int) -> None:
    assert milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1h", "1s2"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(LabError, match="not a duration"):
        milliseconds(text)
