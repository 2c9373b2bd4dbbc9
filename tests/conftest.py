"""What all tests have in common: the names of rows, also where nobody gave them one."""

from __future__ import annotations

from typing import Any

LONGEST = 40


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """The value itself, in short; pytest would number what it can't write."""
    if isinstance(val, dict | list | tuple | set | frozenset | bytes):
        # Sets have another order in each process, and the processes of one run have to agree on names.
        text = repr(sorted(val, key=repr) if isinstance(val, set | frozenset) else val)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return None
