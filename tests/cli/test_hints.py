"""Hints can be pasted: a command in a text that users see names its Canary and its namespace."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.rule import Subject
from tests.policies.test_rules import NOW

ROOT = Path(__file__).parents[2]
ROOMS = ("automation", "cli", "components", "gateways", "policies", "stacks", "workloads")
INCOMPLETE = re.compile(
    r"\b(release|retire|retry|abort) again\b|\bsluice (release|retire|retry|abort)\b(?! \{| NAME)"
)


def texts(path: Path) -> Iterator[str]:
    """The texts of a module, without what stands for itself: its docstrings."""
    tree = ast.parse(path.read_text())
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in alone | parts and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("room", ROOMS)
def test_no_text_names_a_command_without_its_canary(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in (ROOT / room).rglob("*.py")
        for text in texts(path)
        if INCOMPLETE.search(text)
    ]
    assert found == []


def test_a_refused_route_names_the_command_of_its_stack() -> None:
    subject = Subject("route", {}, {}, NOW, stack="prod.test.podinfo")
    assert subject.release == "sluice release podinfo --env prod -n test"
