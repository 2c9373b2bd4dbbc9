"""Fewer rounds of Python's garbage collector while the engine works.

The SDK makes some thousand objects for each resource, most of them gone at once without the collector, beside a
hundred thousand that the package of resource classes consists of and that never go. With Python's own setting a fifth
of an update's time is spent on looking for garbage among them.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 100_000
"""New objects between two rounds: about ten megabytes."""

_lock = threading.Lock()
_busy = 0
_before = (0, 0, 0)


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Within the block the collector runs less often; the setting is that of the process, shared by all threads."""
    global _busy, _before
    with _lock:
        _busy += 1
        if _busy == 1:
            _before = gc.get_threshold()
            if 0 < _before[0] < YOUNG:
                gc.set_threshold(YOUNG, *_before[1:])
    try:
        yield
    finally:
        with _lock:
            _busy -= 1
            if _busy == 0:
                gc.set_threshold(*_before)
