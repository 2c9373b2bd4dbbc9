"""One program's conversation with the engine: who still waits for an answer, and whether it is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from engine.deploy.context import Context
from engine.deploy.hooks import Hooks
from engine.deploy.registrar import Aborted, Registrar
from engine.errors import Cancelled


class Session:
    """Shared by the servicers of one run. Every method may be called from any thread.

    `through` is done when the program says that it has declared everything.
    """

    def __init__(self, context: Context, registrar: Registrar, hooks: Hooks):
        self.context, self.registrar, self.hooks = context, registrar, hooks
        self.through: Future[None] = Future()
        self._released = threading.Event()
        self._condition = threading.Condition()
        self._active = 0
        self._closed = self._failed = False

    @property
    def failed(self) -> bool:
        """Whether a resource of the program failed."""
        ledger = self.context.ledger
        return self._failed or ledger.refused or bool(ledger.failures)

    @property
    def closed(self) -> bool:
        """Whether the program has been told that the engine is gone. What it says afterwards is about that."""
        return self._closed

    def fail(self) -> None:
        self._failed = True

    def close(self) -> None:
        """From now on nothing new is begun and everybody is told that the engine is gone."""
        self._closed = True
        self._released.set()

    def release(self) -> None:
        """Everything is done: the program may end."""
        self._released.set()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around everything that works on resources. Raises `Aborted` when the run is over, before or meanwhile."""
        if self._closed:
            raise Aborted("resource monitor shut down")
        with self._condition:
            self._active += 1
        try:
            yield
        except (Aborted, Cancelled) as error:
            self._failed = True
            self._closed = True
            raise Aborted(str(error)) from error
        finally:
            with self._condition:
                self._active -= 1
                self._condition.notify_all()
        if self._closed:
            raise Aborted("resource monitor shut down while waiting on step's done channel")

    def wait_until_idle(self) -> None:
        """Return when every call under way has ended."""
        with self._condition:
            self._condition.wait_for(lambda: self._active == 0)

    def shut_down(self) -> None:
        """The program is through. Returns when the engine is, too. Raises `RuntimeError` the second time."""
        with self._condition:
            if self.through.done():
                raise RuntimeError("Already waiting for shutdown")
            self.through.set_result(None)
        self._released.wait()
