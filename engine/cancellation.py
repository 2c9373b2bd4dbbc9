"""The user's wish to stop: once means after the running steps, twice means now."""

from __future__ import annotations

from concurrent.futures import Future

from engine.errors import Cancelled


class Cancellation:
    """Set from a signal handler or another thread; `request` and `kill` are done when the wish is there."""

    def __init__(self) -> None:
        self.request: Future[None] = Future()
        self.kill: Future[None] = Future()

    def ask(self) -> None:
        """Ask to stop; asking again means at once."""
        for wish in (self.request, self.kill):
            if not wish.done():
                wish.set_result(None)
                return

    @property
    def requested(self) -> bool:
        return self.request.done()

    def check(self) -> None:
        """Raise `Cancelled` once the user has asked to stop."""
        if self.requested:
            raise Cancelled("the update was canceled")
