"""Rows of tables have names that say what stands in them, also where nobody gave them one."""

from __future__ import annotations

from typing import Any

LONGEST = 40


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """The value itself, in short; pytest would number what it can't write."""
    if isinstance(val, dict | list | tuple | set | frozenset | bytes):
        text = repr(val)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return None
