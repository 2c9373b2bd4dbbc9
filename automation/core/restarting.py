"""Which pods are to be restarted next: those that are older than somebody asks, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Pod:
    """A pod, when it was made (unix seconds), whether it is available, and whether it goes already."""

    name: str
    made_at: float
    available: bool = True
    going: bool = False


def outdated(pods: Iterable[Pod], at: float) -> list[Pod]:
    """Those that were made before unix second `at`."""
    return [pod for pod in pods if pod.made_at < at]


def to_restart(pods: Iterable[Pod], at: float, asked: int, unavailable: int) -> Iterator[Pod]:
    """Those that may go now: of `asked` pods so many may be `unavailable`, and always one."""
    known = tuple(pods)
    available = sum(pod.available and not pod.going for pod in known)
    least = max(asked, len(known)) - max(1, unavailable)
    ready = [pod for pod in outdated(known, at) if not pod.going]
    yield from ready[: max(0, available - least)]
