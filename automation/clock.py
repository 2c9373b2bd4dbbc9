"""Time as an argument: whoever waits or compares times is handed a clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """All in seconds. `elapsed` never jumps; `now` is Unix time and may."""

    def now(self) -> float: ...

    def elapsed(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        return time.time()

    def elapsed(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
