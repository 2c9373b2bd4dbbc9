"""Each kind of end has an exit code of its own, so that a script can tell them apart."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import automation
import cli
import engine
import lab
import stacks
from automation.errors import OutputLost, SluiceError
from engine.errors import EngineError
from lab.errors import LabError

DOCS = Path(__file__).parents[2] / "docs"
FAMILIES = [
    pytest.param(SluiceError, id="sluice"),
    pytest.param(EngineError, id="engine"),
    pytest.param(LabError, id="lab"),
]


@pytest.fixture(scope="module", autouse=True)
def _all_loaded() -> None:
    """A class knows those of its subclasses whose modules are imported."""
    for package in (automation, cli, engine, lab, stacks):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def kinds(of: type[Any]) -> Iterator[type[Any]]:
    """The class, and all that are made from it."""
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def codes(family: type[Any]) -> dict[int, set[type[Any]]]:
    """The codes of a family, with the errors that chose them."""
    chosen = defaultdict(set)
    for kind in kinds(family):
        if "exit_code" in vars(kind):
            chosen[kind.exit_code].add(kind)
    return chosen


@pytest.mark.parametrize("family", FAMILIES)
def test_exit_codes_are_unique(family: type[Any]) -> None:
    shared = {code: chosen for code, chosen in codes(family).items() if len(chosen) > 1}
    assert shared == {}


def test_the_lab_and_sluice_share_no_code() -> None:
    """`sluice lab` ends with the lab's codes."""
    assert codes(SluiceError).keys() & codes(LabError).keys() == set()


@pytest.mark.parametrize(
    ("family", "page"),
    [pytest.param(SluiceError, "errors.md", id="sluice"), pytest.param(LabError, "lab.md", id="lab")],
)
def test_the_page_lists_every_code(family: type[Any], page: str) -> None:
    listed = re.findall(r"^\| (\d+) \|", (DOCS / page).read_text(), re.MULTILINE)
    assert codes(family).keys() <= {int(code) for code in listed}


def test_the_page_of_the_engine_lists_every_code() -> None:
    (line,) = re.findall(r"Exit codes: ([^.]*)\.", (DOCS / "engine.md").read_text())
    assert codes(EngineError).keys() <= {int(code) for code in re.findall(r"\d+", line)}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no disk that is always full")
def test_a_disk_that_is_full_is_no_traceback() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from cli.app import main; main()", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == OutputLost.exit_code
    assert done.stderr.splitlines() == [
        "sluice: nothing more can be written: No space left on device",
        "  make room where the output goes",
    ]
