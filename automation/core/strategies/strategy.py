"""What a strategy is: the shapes that traffic takes in a run, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from automation.core.analysis import Analysis
from automation.core.progress import Progress
from automation.core.traffic import Traffic


class Strategy(Protocol):
    """One way to move traffic. All methods are pure."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of `analysis` that say how it moves traffic; it finds them in `Analysis.parameters`, too."""
        ...

    def asked(self, fields: Mapping[str, Any]) -> bool:
        """Whether a document with these fields of `analysis` asks for it."""
        ...

    def needs(self, analysis: Analysis) -> frozenset[str]:
        """What a gateway has to be able to carry: fields of `Traffic`, "weights" for its percentages."""
        ...

    def next(self, analysis: Analysis, at: Progress) -> Progress:
        """What follows once the canary has passed its checks."""
        ...

    def ended(self, analysis: Analysis, at: Progress) -> bool:
        """Whether a canary that passes its checks here is promoted."""
        ...

    def concludes(self, analysis: Analysis, at: Progress) -> bool:
        """Whether what follows once the canary has passed its checks is for confirm-promotion hooks to allow."""
        ...

    def back(self, analysis: Analysis, traffic: Traffic) -> Traffic:
        """The traffic on its way back to a primary that was promoted."""
        ...

    def declared(self, analysis: Analysis) -> Mapping[str, Any]:
        """The steps that the document declares, as evidence carries them for policies to judge."""
        ...
