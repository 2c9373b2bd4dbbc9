"""What people have said of a gate: that it is to stay closed, or that a revision may pass it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GATES: Mapping[str, str] = {
    "rollout": "confirm-rollout",
    "traffic": "confirm-traffic-increase",
    "promotion": "confirm-promotion",
}
"""The gates by the names that people give them, and the hooks that are asked at each."""


@dataclass(frozen=True)
class Word:
    """The last word of a person on a gate, at a time (RFC 3339). `revision` may pass it; "" holds it for every one."""

    by: str
    at: str
    reason: str
    revision: str = ""

    @property
    def holds(self) -> bool:
        return not self.revision

    def __str__(self) -> str:
        return f"{self.by}: {self.reason}" if self.reason else self.by

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Word:
        return cls(*(str(document.get(name) or "") for name in ("by", "at", "reason", "revision")))

    def document(self) -> dict[str, str]:
        found = {"by": self.by, "at": self.at, "reason": self.reason, "revision": self.revision}
        return {name: value for name, value in found.items() if value}
