"""The garbage collector's setting while the engine works."""

from __future__ import annotations

import gc

from engine.collector import YOUNG, rarely_collected


def test_the_collector_runs_less_often_within_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with rarely_collected(), rarely_collected():
        assert gc.get_threshold()[0] == YOUNG
    assert gc.get_threshold() == before


def test_whoever_has_switched_it_off_keeps_it_off() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with rarely_collected():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
