"""Waiting for a state of the world, up to a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def eventually(look: Callable[[], Value], seconds: float = 10, every: float = 0.05) -> Value:
    """The first truthy answer of `look`; fails with the last answer, or exception, at the deadline."""
    end = time.monotonic() + seconds
    while True:
        try:
            seen: object = look()
            if seen:
                return seen  # type: ignore[return-value]  # truthy, hence a Value
        except Exception as problem:  # noqa: BLE001  whatever is wrong may pass
            seen = problem
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s; last seen: {seen!r}")
        time.sleep(every)
