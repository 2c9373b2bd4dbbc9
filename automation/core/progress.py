"""Where a run stands."""

from dataclasses import dataclass

from automation.core.traffic import ALL_ON_PRIMARY, Traffic


@dataclass(frozen=True)
class Progress:
    """The traffic in force, and how many iterations were counted."""

    traffic: Traffic = ALL_ON_PRIMARY
    iterations: int = 0

    @property
    def begun(self) -> bool:
        """Whether the first step was made."""
        return self.iterations > 0 or not self.traffic.on_primary
