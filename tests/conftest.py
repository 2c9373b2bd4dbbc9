"""What all tests have in common: who runs them, and names of rows, also where nobody gave them one."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST = 40
WAITING = ("tests/lab/article/", "tests/lab/")
"""Folders whose tests share a lab and wait for most of their time: each has a process of its own."""


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """The value itself, in short; pytest would number what it can't write."""
    if isinstance(val, dict | list | tuple | set | frozenset | bytes):
        # Sets have another order in each process, and the processes of one run have to agree on names.
        text = repr(sorted(val, key=repr) if isinstance(val, set | frozenset) else val)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return None


class Processes(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out tests one by one to whoever is free, but whole folders of those that wait, from the start."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in WAITING if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Processes:
    return Processes(config, log)
