"""What the placer asks of stacks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from automation.core.urgency import Urgency

Program = Callable[[], Any]
"""Declares what belongs to a stack."""


@dataclass(frozen=True)
class Gate:
    """The policy pack that forward updates run with, and the file with its configuration."""

    pack: Path
    config: Path | None = None


class StackUpdates(Protocol):
    """The stacks of a project."""

    def update(self, stack: str, program: Program, message: str, gate: Gate | None = None) -> object:
        """Runs one update. Raises PolicyRefused, StackLocked, StateRefused or UpdateFailed."""
        ...

    def refresh(self, stack: str, program: Program, message: str) -> object:
        """Makes the stack's state equal to what is live, where somebody else changed live objects."""
        ...


class Queue(Protocol):
    """Runs updates when it is their turn."""

    def submit(self, urgency: Urgency, job: Callable[..., object], *arguments: Any) -> Future[object]:
        """The outcome of a job. Cancelling it works for as long as the job waits."""
        ...
