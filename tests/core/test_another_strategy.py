"""A strategy that nobody has heard of: its own file here, one row, and a release goes its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from automation.core.analysis import Analysis
from automation.core.status import Phase
from automation.core.strategies import registry
from automation.core.traffic import Traffic
from tests.core.documents import document
from tests.core.world import World, initialised


class Doubling:
    """The canary's share doubles from one percent until it has sixteen."""

    name = "weighted"

    def next(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic(traffic.canary * 2 or 1)

    def ended(self, analysis: Analysis, traffic: Traffic) -> bool:
        return traffic.canary >= 16

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic(traffic.canary // 4)

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        return {"doubling": 16}


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the one that documents ask for."""
    monkeypatch.setitem(registry.STRATEGIES, "weighted", Doubling())  # type: ignore[arg-type]


def released() -> World:
    world = initialised(document({"spec.analysis.threshold": 2}))
    world.release("v2")
    return world


def test_a_good_release_goes_its_way_up_and_back() -> None:
    assert released().until(Phase.SUCCEEDED).weights == [0, 1, 2, 4, 8, 16, 4, 1, 0]


def test_a_bad_release_is_rolled_back_at_once() -> None:
    world = released()
    world.tick(4)
    world.answer = lambda seen, check: seen.measured(0.0)
    assert world.until(Phase.FAILED).weights == [0, 1, 2, 4, 0]


def test_evidence_carries_what_it_declares() -> None:
    world = released().tick(3)
    placed = world.status.in_force
    assert placed
    assert placed.evidence
    assert '"steps":{"doubling":16}' in placed.evidence.annotation(world.canary.analysis)
