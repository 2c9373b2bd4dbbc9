"""The import contracts hold, and each of them fails where it should: an arrow of the wrong kind breaks it alone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract, api
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

CONFIGURATION = str(Path(__file__).parent.parent / ".importlinter")
TYPES: Mapping[str, type[Contract]] = {
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
}

BROKEN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "independent": (
        ("policies.bridge", "automation.core.spec"),
        ("engine.urn", "cli.app"),
        ("lab.relay", "stacks.names"),
    ),
    "apart": (("engine.urn", "lab.relay"), ("policies.rule", "engine.urn")),
    "house": (
        ("automation.core.spec", "documents.section"),
        ("gateways.apisix", "workloads.ports"),
        ("documents.front", "components.configs"),
        ("automation.updates.placer", "automation.questions.asker"),
        ("automation.driver.loop", "cli.app"),
    ),
    "rooms": (("automation.cluster.client", "automation.driver.tick"),),
    "declaring": (
        ("components.canary", "automation.driver.tick"),
        ("stacks.release", "automation.updates.ports"),
    ),
    "pure": (
        ("automation.core.decide", "requests"),
        ("automation.core.decide", "time"),
        ("gateways.apisix", "random"),
        ("documents.front", "yaml"),
        ("workloads.deployment", "os"),
    ),
    "engine": (
        ("engine.events", "engine.deploy.executor"),
        ("engine.monitor.server", "engine.update"),
        ("engine.state.configkey", "engine.deploy.goal"),
        ("engine.display.words", "engine.cli.arguments"),
        ("engine.kubernetes.diff", "engine.deploy.goal"),
    ),
    "engine-pure": (("engine.kubernetes.diff", "requests"), ("engine.deploy.decide", "time")),
}
"""For each contract, imports that must not be: importer and imported."""


PURE = ("automation.core", "documents", "gateways", "workloads")
ALLOWED = {"__future__", "collections", "copy", "dataclasses", "datetime", "difflib", "enum", "hashlib"} | {
    *("itertools", "json", "math", "re", "typing")
}
"""All that the pure parts use beside each other."""


@pytest.fixture(scope="module")
def configuration() -> Mapping[str, Any]:
    return api.read_configuration(CONFIGURATION)


@pytest.fixture(scope="module")
def graph(configuration: Mapping[str, Any]) -> grimp.ImportGraph:
    roots = configuration["session_options"]["root_packages"]
    return grimp.build_graph(*roots, include_external_packages=True, cache_dir=None)


def holds(name: str, configuration: Mapping[str, Any], graph: grimp.ImportGraph) -> bool:
    options = next(found for found in configuration["contracts_options"] if found["id"] == name)
    contract = TYPES[options["type"]](options["name"], configuration["session_options"], options)
    return bool(contract.check(copy.deepcopy(graph), verbose=False).kept)


def test_each_contract_is_broken_here_once(configuration: Mapping[str, Any]) -> None:
    assert {found["id"] for found in configuration["contracts_options"]} == BROKEN.keys()


@pytest.mark.parametrize("contract", BROKEN, ids=str)
def test_a_contract_holds(contract: str, configuration: Mapping[str, Any], graph: grimp.ImportGraph) -> None:
    assert holds(contract, configuration, graph)


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        pytest.param(contract, *arrow, id=f"{contract}: {arrow[0]} imports {arrow[1]}")
        for contract, arrows in BROKEN.items()
        for arrow in arrows
    ],
)
def test_an_arrow_of_the_wrong_kind_breaks_it(
    contract: str, importer: str, imported: str, configuration: Mapping[str, Any], graph: grimp.ImportGraph
) -> None:
    assert importer in graph.modules
    wrong = copy.deepcopy(graph)
    if imported not in wrong.modules:
        wrong.add_module(imported, is_squashed=True)
    wrong.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")
    assert not holds(contract, configuration, wrong)


def test_the_pure_parts_use_what_is_listed_and_nothing_else(graph: grimp.ImportGraph) -> None:
    own = set(api.read_configuration(CONFIGURATION)["session_options"]["root_packages"])
    modules = {module for package in PURE for module in {package, *graph.find_descendants(package)}}
    used = {
        imported.partition(".")[0]
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    assert used - own <= ALLOWED
