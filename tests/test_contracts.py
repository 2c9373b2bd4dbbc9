"""The import contracts hold, and each of them fails where it should: at an arrow of the wrong kind, and only there."""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract, api
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).parent.parent
CONFIGURATION = str(ROOT / ".importlinter")
SESSION, CONTRACTS = api.read_configuration(CONFIGURATION).values()
ROOTS = SESSION["root_packages"]
TYPES: Mapping[str, type[Contract]] = {
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
}

BROKEN: Mapping[tuple[str, str], str] = {
    ("policies.bridge", "automation.core.spec"): "independent",
    ("engine.shell", "cli.app"): "independent",
    ("lab.relay", "stacks.names"): "independent",
    ("engine.shell", "lab.relay"): "apart",
    ("policies.rule", "engine.urn"): "apart",
    ("automation.core.spec", "documents.section"): "house",
    ("gateways.apisix", "workloads.ports"): "house",
    ("documents.front", "components.configs"): "house",
    ("automation.driver.loop", "cli.app"): "house",
    ("automation.updates.placer", "automation.questions.asker"): "house rooms",
    ("automation.cluster.client", "automation.driver.tick"): "house rooms",
    ("components.canary", "automation.driver.tick"): "house declaring",
    ("stacks.release", "automation.updates.ports"): "declaring",
    ("automation.core.decide", "requests"): "pure",
    ("automation.core.decide", "time"): "pure",
    ("gateways.apisix", "random"): "pure",
    ("documents.front", "yaml"): "pure",
    ("workloads.deployment", "os"): "pure",
    ("engine.events", "engine.deploy.executor"): "engine",
    ("engine.monitor.server", "engine.update"): "engine",
    ("engine.state.configkey", "engine.deploy.goal"): "engine",
    ("engine.display.words", "engine.cli.arguments"): "engine",
    ("engine.kubernetes.ignoring", "engine.deploy.goal"): "engine",
    ("engine.kubernetes.diff", "requests"): "engine-pure",
    ("engine.state.properties", "os"): "engine-pure",
    ("engine.deploy.decide", "time"): "engine-pure",
    ("engine.deploy.decide", "engine.deploy.executor"): "engine-pure",
}
"""Imports that must not be, importer and imported, with the contracts that each of them breaks."""

UNPLACED: Mapping[str, str] = {"automation.attic": "rooms", "engine.attic": "engine"}
"""Rooms that nobody has given a place, with the contract that asks for it."""


PURE = ("automation.core", "documents", "gateways", "workloads")
ALLOWED = {
    "__future__",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "hashlib",
} | {*("functools", "itertools", "json", "math", "re", "reprlib", "typing")}
"""All that the pure parts use beside each other."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOTS, include_external_packages=True, cache_dir=None)


@pytest.fixture
def changed(graph: grimp.ImportGraph) -> grimp.ImportGraph:
    """A graph of the test's own, to draw wrong arrows in."""
    return copy.deepcopy(graph)


def broken(graph: grimp.ImportGraph) -> set[str]:
    """The ids of the contracts that do not hold."""
    return {options["id"] for options in CONTRACTS if not _kept(options, graph)}


def _kept(options: dict[str, Any], graph: grimp.ImportGraph) -> bool:
    contract = TYPES[options["type"]](options["name"], SESSION, options)
    return bool(contract.check(copy.deepcopy(graph), verbose=False).kept)


def test_each_contract_is_broken_here_once() -> None:
    assert {options["id"] for options in CONTRACTS} == set(" ".join(BROKEN.values()).split())


def test_all_contracts_hold(graph: grimp.ImportGraph) -> None:
    assert broken(graph) == set()


@pytest.mark.parametrize(
    ("importer", "imported", "contracts"),
    [
        pytest.param(*arrow, contracts, id=f"{contracts}: {arrow[0]} imports {arrow[1]}")
        for arrow, contracts in BROKEN.items()
    ],
)
def test_an_arrow_of_the_wrong_kind_breaks_these_contracts_alone(
    importer: str, imported: str, contracts: str, changed: grimp.ImportGraph
) -> None:
    draw(changed, importer, imported)
    assert broken(changed) == set(contracts.split())


def draw(graph: grimp.ImportGraph, importer: str, imported: str) -> None:
    """Adds an import. Both must be there already, unless what is imported is not of the project."""
    assert importer in graph.modules
    if imported not in graph.modules:
        assert "." not in imported
        graph.add_module(imported, is_squashed=True)
    graph.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")


@pytest.mark.parametrize("room", UNPLACED, ids=str)
def test_a_room_without_a_place_breaks_the_contract_of_its_package(
    room: str, changed: grimp.ImportGraph
) -> None:
    changed.add_module(room)
    assert broken(changed) == {UNPLACED[room]}


@pytest.mark.parametrize(
    ("line", "code"),
    [pytest.param("", 0, id="as it is"), pytest.param("import time\n", 1, id="with a clock")],
)
def test_the_command_of_make_check_fails_at_a_broken_contract(line: str, code: int, tmp_path: Path) -> None:
    for package in ROOTS:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    decide = tmp_path / "engine" / "deploy" / "decide.py"
    decide.write_text(decide.read_text() + line)
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", CONFIGURATION]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, f"{code} broken" in done.stdout) == (code, True)


def test_the_pure_parts_use_what_is_listed_and_nothing_else(graph: grimp.ImportGraph) -> None:
    modules = {module for package in PURE for module in {package, *graph.find_descendants(package)}}
    used = {
        imported.partition(".")[0]
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    assert used - set(ROOTS) <= ALLOWED


def test_what_calls_itself_pure_in_the_engine_is_held_to_it() -> None:
    (held,) = (options["source_modules"] for options in CONTRACTS if options["id"] == "engine-pure")
    says = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "engine").rglob("*.py")
        if re.search(r"\bpure\b", ast.get_docstring(ast.parse(path.read_text())) or "", re.IGNORECASE)
    }
    assert says
    assert says <= set(held)
