"""What all tests have in common: the names of rows, and which tests run beside which others.

Rows of tables have names that say what stands in them, also where nobody gave them one.

Stories of the lab wait for most of their time, and share labs, so they run one after the other beside all that
computes. Those beside them step back: a story has real time in it. The article's stories and the examples have labs of
their own, so whoever is free takes them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

LONGEST = 40
LAB = Path(__file__).parent / "lab"
EXAMPLES, ARTICLE = LAB / "test_examples.py", LAB / "article"
BACK = 5  # of 19, in the words of nice(1)


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """The value itself, in short; pytest would number what it can't write."""
    if isinstance(val, dict | list | tuple | set | frozenset | bytes):
        # Sets have another order in each process.
        text = repr(sorted(val, key=repr) if isinstance(val, set | frozenset) else val)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and _group(item) == "others":
        os.setpriority(os.PRIO_PROCESS, 0, BACK)


def _group(item: pytest.Item) -> str:
    if item.path == EXAMPLES:
        return "examples"
    if item.path.is_relative_to(ARTICLE):
        return "article"
    return "lab" if item.path.is_relative_to(LAB) else "others"
