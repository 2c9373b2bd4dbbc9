"""Checks that measure nothing: failed, or waited for where the document says so."""

from __future__ import annotations

import pytest

from automation.core.observation import NothingMeasured, QueryFailed
from automation.core.status import Phase
from tests.core.documents import document
from tests.core.world import World, initialised

A = "spec.analysis"


def silent(no_traffic: str) -> World:
    """A canary at its first weight of which nothing is measured."""
    world = initialised(document({f"{A}.noTraffic": no_traffic, f"{A}.threshold": 2}))
    world.release("v2")
    world.tick(2)
    world.answer = lambda seen, check: NothingMeasured("no values found")
    return world


def test_a_canary_without_requests_waits_for_them_and_that_is_said() -> None:
    world = silent("wait").tick(100)
    assert (world.status.phase, world.status.canary_weight, world.status.failed_checks) == (
        Phase.PROGRESSING,
        10,
        0,
    )
    told = "Waiting for requests to podinfo.test: request-success-rate has no values found"
    assert told in world.texts
    assert world.ticked().waits == told
    world.answer = lambda seen, check: seen.measured(100.0 if "rate" in check.name else 20.0)
    world.until(Phase.SUCCEEDED)


def test_samples_that_stop_coming_are_waited_for_too() -> None:
    world = silent("wait")
    world.answer = lambda seen, check: seen.measured(100.0 if "rate" in check.name else 20.0)
    world.tick()
    stopped = world.measured(100.0)
    world.answer = lambda seen, check: stopped
    world.tick(100)
    assert (world.status.phase, world.status.failed_checks) == (Phase.PROGRESSING, 0)


@pytest.mark.parametrize("no_traffic", ["fail", ""])
def test_otherwise_it_has_failed(no_traffic: str) -> None:
    silent(no_traffic).until(Phase.FAILED)


def test_a_server_that_is_away_is_no_lack_of_requests() -> None:
    world = silent("wait")
    world.answer = lambda seen, check: QueryFailed("refused", away=True)
    world.until(Phase.FAILED)
