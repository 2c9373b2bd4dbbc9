"""How traffic is shared between primary and canary, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Traffic:
    """`canary` is its percentage of the traffic, a whole number; primary has the rest. Raises ValueError otherwise."""

    canary: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.canary <= 100:
            raise ValueError(f"a weight is a whole percentage, not {self.canary}")

    def __str__(self) -> str:
        return f"{self.primary}/{self.canary}"

    @property
    def primary(self) -> int:
        return 100 - self.canary

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Traffic":
        """Read what `document` wrote. Raises ValueError for weights that don't sum to 100."""
        primary, canary = int(document["primary"]), int(document["canary"])
        if primary + canary != 100:
            raise ValueError(f"weights are whole and sum to 100, not {primary}/{canary}")
        return cls(canary)

    def document(self) -> dict[str, Any]:
        return {"primary": self.primary, "canary": self.canary}


ALL_ON_PRIMARY = Traffic()
