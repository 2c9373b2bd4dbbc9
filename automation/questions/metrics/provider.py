"""What every metric provider can do."""

from typing import ClassVar, Protocol

from automation.core.observation import Answer
from automation.questions.metrics.needs import Needs


class Provider(Protocol):
    """A source of numbers; `kind` is what templates call it. Neither method raises for what the other side does."""

    kind: ClassVar[str]
    needs: ClassVar[Needs]

    def measure(self, query: str, at: float, interval: float) -> Answer:
        """One number for a query in the provider's own language, as of unix second `at`. `interval` is that of the
        metric, in seconds, for those whose queries say nothing of time."""

    def probe(self) -> str:
        """ "" if the provider is available, else what is wrong."""
