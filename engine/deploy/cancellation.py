"""The user's wish to stop: once means after the running steps, twice means now."""

from __future__ import annotations

import threading

from engine.errors import Cancelled


class Cancellation:
    """Set from a signal handler or another thread; asked by everything that waits."""

    def __init__(self) -> None:
        self._requested, self._killed = threading.Event(), threading.Event()

    def request(self) -> None:
        """Ask to stop; asking again ends waits at once."""
        (self._killed if self._requested.is_set() else self._requested).set()

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    @property
    def killed(self) -> bool:
        return self._killed.is_set()

    def check(self) -> None:
        """Raise `Cancelled` once the user has asked to stop."""
        if self.requested:
            raise Cancelled("the update was canceled")
