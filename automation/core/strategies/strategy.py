"""What a strategy is: the shapes that traffic takes in a run, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from automation.core.analysis import Analysis
from automation.core.traffic import Traffic


class Strategy(Protocol):
    """One way to move traffic. All methods are pure; `traffic` is what is in force."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of `analysis` by which a document asks for it; it finds them in `Analysis.parameters`, too."""
        ...

    @property
    def needs(self) -> frozenset[str]:
        """What a gateway has to be able to carry: fields of `Traffic`, "weights" for its percentages."""
        ...

    def next(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        """The traffic of a canary that has passed its checks."""
        ...

    def ended(self, analysis: Analysis, traffic: Traffic) -> bool:
        """Whether a canary that passes its checks here is promoted."""
        ...

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        """The traffic on its way back to a primary that was promoted."""
        ...

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        """The steps that the document declares, as evidence carries them for policies to judge."""
        ...
