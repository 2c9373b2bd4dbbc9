"""A strategy that nobody has heard of: its own file here, one row, and a release goes its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.refusal import Refused
from automation.core.status import Phase
from automation.core.strategies import registry
from automation.core.traffic import Traffic
from tests.core.documents import MISSING, canary, document
from tests.core.world import World, initialised

ASKED = {"spec.analysis.doubleTo": 16, "spec.analysis.stepWeight": MISSING, "spec.analysis.threshold": 2}


class Doubling:
    """The canary's share doubles from one percent until it has as much as `doubleTo` says."""

    name = "doubling"
    fields = ("doubleTo",)

    def asked(self, fields: Mapping[str, Any]) -> bool:
        return self.fields[0] in fields

    def needs(self, analysis: Analysis) -> frozenset[str]:
        return frozenset({"weights"})

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        return Progress(Traffic(at.traffic.canary * 2 or 1))

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        return bool(at.traffic.canary >= analysis.parameters["doubleTo"])

    def concludes(self, analysis: Analysis, at: Progress) -> bool:
        return self.ended(analysis, at)

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        return Traffic(traffic.canary // 4)

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        return {"doubleTo": analysis.parameters["doubleTo"]}


class Mirroring(Doubling):
    """What no gateway here can carry."""

    name = "mirroring"
    fields = ("mirrorTo",)

    def needs(self, analysis: Analysis) -> frozenset[str]:
        return frozenset({"telepathy"})


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for strategy in (Doubling(), Mirroring()):
        monkeypatch.setitem(registry.STRATEGIES, strategy.name, strategy)  # type: ignore[arg-type]


def released() -> World:
    world = initialised(document(ASKED))
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
    assert '"steps":{"doubleTo":16}' in placed.evidence.annotation(world.canary.analysis)


def test_a_strategy_that_the_gateway_can_not_carry_is_refused() -> None:
    with pytest.raises(Refused, match="apisix can't release by telepathy"):
        canary({"spec.analysis.mirrorTo": 5, "spec.analysis.stepWeight": MISSING})


def test_of_two_strategies_the_first_counts_and_the_fields_of_the_other_are_told() -> None:
    analysis = canary({"spec.analysis.doubleTo": 16}).analysis
    assert (analysis.strategy, analysis.ignored) == ("weighted", ("doubleTo",))
