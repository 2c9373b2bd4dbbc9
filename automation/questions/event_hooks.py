"""Calls hooks of type event beside the ticks: no release waits for whoever listens to it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from automation.core.decision import CallHook
from automation.core.observation import HookAnswer
from automation.errors import SluiceError

ROOM = 200
"""How many calls of one Canary may wait; further ones are lost, and that is told."""
Failed = Callable[[str, str], None]
"""Is told of a Canary (NAME.NAMESPACE) what one of its hooks has not heard, and why."""


class EventHooks:
    """The calls of one Canary are made one after the other, those of different ones beside each other."""

    def __init__(self, call: Callable[[CallHook], HookAnswer], failed: Failed) -> None:
        self._call, self._failed = call, failed
        self._waiting: dict[str, deque[CallHook]] = {}
        self._changed = threading.Condition()

    def tell(self, canary: str, calls: Iterable[CallHook]) -> None:
        """Makes these calls of a Canary (NAME.NAMESPACE), and waits for none of them."""
        for call in calls:
            if not self._queued(canary, call):
                self._failed(canary, f"event hook {call.webhook.name} is too slow: an event was not told")

    def close(self, seconds: float) -> None:
        """Waits until all calls are made, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, seconds)

    def _queued(self, canary: str, call: CallHook) -> bool:
        with self._changed:
            queue = self._waiting.get(canary)
            if queue is None:
                queue = self._waiting[canary] = deque()
                threading.Thread(target=self._make, args=(canary,), name="events", daemon=True).start()
            if len(queue) >= ROOM:
                return False
            queue.append(call)
            return True

    def _make(self, canary: str) -> None:
        while (call := self._next(canary)) is not None:
            try:
                answer = self._call(call)
            except SluiceError as error:
                answer = HookAnswer(False, error.problem)
            if not answer.passed:
                self._failed(canary, f"event hook {call.webhook.name} was not told: {answer.detail}")

    def _next(self, canary: str) -> CallHook | None:
        with self._changed:
            if queue := self._waiting[canary]:
                return queue.popleft()
            del self._waiting[canary]
            self._changed.notify_all()
            return None
