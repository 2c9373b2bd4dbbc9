"""How traffic is shared between primary and canary."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Split:
    """Percent of the traffic, whole and summing to 100. Raises ValueError otherwise."""

    primary: int
    canary: int

    def __post_init__(self) -> None:
        if self.primary + self.canary != 100 or not 0 <= self.canary <= 100:
            raise ValueError(f"a split is whole and sums to 100, not {self.primary}/{self.canary}")

    def __str__(self) -> str:
        return f"{self.primary}/{self.canary}"

    @classmethod
    def to_canary(cls, weight: int) -> "Split":
        return cls(100 - weight, weight)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Split":
        return cls(int(document["primary"]), int(document["canary"]))

    def document(self) -> dict[str, int]:
        return {"primary": self.primary, "canary": self.canary}


ALL_ON_PRIMARY = Split(100, 0)
