"""The contract of a clock, held by the one in memory and by the machine's."""

from __future__ import annotations

import pytest

from automation.clock import Clock, SystemClock
from automation.inmemory.clock import MemoryClock


@pytest.mark.parametrize(
    "clock", [MemoryClock(1_000_000.0), SystemClock()], ids=["in memory", "of the machine"]
)
def test_to_sleep_is_to_let_time_pass(clock: Clock) -> None:
    now, elapsed = clock.now(), clock.elapsed()
    clock.sleep(0.01)
    assert clock.now() > now
    assert clock.elapsed() >= elapsed + 0.01
