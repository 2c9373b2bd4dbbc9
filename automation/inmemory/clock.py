"""A clock that somebody sets: to wait is to move it on."""

from __future__ import annotations


class MemoryClock:
    """Begins at `at` (Unix seconds)."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def elapsed(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
