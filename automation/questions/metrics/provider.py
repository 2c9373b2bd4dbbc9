"""What every metric provider can do."""

from typing import Protocol

from automation.core.observation import Answer


class Provider(Protocol):
    """A source of numbers. Neither method raises for what the other side does."""

    def measure(self, query: str, at: float) -> Answer:
        """One number for a query in the provider's own language, as of unix second `at`."""

    def probe(self) -> str:
        """ "" if the provider is available, else what is wrong."""
