"""What people have said of a gate, and for how long it has been waited at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

GATES: Mapping[str, str] = {
    "rollout": "confirm-rollout",
    "traffic": "confirm-traffic-increase",
    "promotion": "confirm-promotion",
}
"""The gates by the names that people give them, and the hooks that are asked at each."""


@dataclass(frozen=True)
class Word:
    """The last word of a person on a gate, at a time (RFC 3339). `revision` may pass it; "" holds it for every one.
    `earlier` are the words of others by which the same revision may. `now`: it is to, whatever else is waited for."""

    by: str
    at: str
    reason: str
    revision: str = ""
    earlier: tuple[Word, ...] = ()
    now: bool = False

    @property
    def holds(self) -> bool:
        return not self.revision

    @property
    def approvals(self) -> tuple[Word, ...]:
        """Of each person one, in the order in which they were given."""
        return () if self.holds else (*self.earlier, replace(self, earlier=()))

    def __str__(self) -> str:
        who = f"{self.by}, at once" if self.now else self.by
        return f"{who}: {self.reason}" if self.reason else who

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Word:
        by, at, reason, revision = (
            str(document.get(name) or "") for name in ("by", "at", "reason", "revision")
        )
        earlier = tuple(cls.parse(word) for word in document.get("earlier") or ())
        return cls(by, at, reason, revision, earlier, bool(document.get("now")))

    def document(self) -> dict[str, Any]:
        found = {"by": self.by, "at": self.at, "reason": self.reason, "revision": self.revision}
        earlier = [word.document() for word in self.earlier]
        whole = {**found, "earlier": earlier, "now": self.now}
        return {name: value for name, value in whole.items() if value}


@dataclass(frozen=True)
class Wait:
    """Since when (unix seconds) a revision has waited at a gate."""

    gate: str
    revision: str
    since: float

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Wait:
        return cls(str(document["gate"]), str(document["revision"]), float(document["since"]))

    def document(self) -> dict[str, Any]:
        return {"gate": self.gate, "revision": self.revision, "since": self.since}
