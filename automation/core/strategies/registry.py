"""The strategies that there are: a row each."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.analysis import Analysis
from automation.core.strategies.ab import AB
from automation.core.strategies.blue_green import BlueGreen
from automation.core.strategies.steps import Steps
from automation.core.strategies.strategy import Strategy
from automation.core.strategies.weighted import Weighted

STRATEGIES: Mapping[str, Strategy] = {s.name: s for s in (AB(), BlueGreen(), Weighted(), Steps())}
"""In the order in which a document is asked whether it wants them: Flagger's."""
DEFAULT = Weighted.name
"""The strategy of documents that ask for none, such as those that skip the analysis."""


def strategy_of(analysis: Analysis) -> Strategy:
    """The strategy of an analysis: the front names none but these."""
    return STRATEGIES[analysis.strategy]
