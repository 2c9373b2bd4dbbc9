"""Runs what is submitted at once, in the thread of whoever submits it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from automation.core.urgency import Urgency


class MemoryQueue:
    """A queue without threads, where nobody waits. What is raised is the future's, as with any other."""

    def submit(self, urgency: Urgency, job: Callable[..., object], *arguments: Any) -> Future[object]:
        future: Future[object] = Future()
        try:
            future.set_result(job(*arguments))
        except BaseException as raised:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(raised)
        return future
