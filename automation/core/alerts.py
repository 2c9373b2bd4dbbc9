"""Alerts: what people are told of a release beside its events, how much it matters, and whom it is sent to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much an alert matters, from the least to the most."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"

    def reaches(self, least: Severity) -> bool:
        """Whether it is as much as `least`, or more."""
        order = list(Severity)
        return order.index(self) >= order.index(least)


@dataclass(frozen=True)
class Alert:
    """What is said, and how much it matters. One that is `detailed` also says how the release goes."""

    severity: Severity
    message: str
    detailed: bool = False


def info(message: str, *, detailed: bool = False) -> Alert:
    return Alert(Severity.INFO, message, detailed)


def warn(message: str) -> Alert:
    return Alert(Severity.WARN, message)


def error(message: str) -> Alert:
    return Alert(Severity.ERROR, message)


@dataclass(frozen=True)
class Subscription:
    """Who is told: an AlertProvider, and the least severity that it hears of."""

    provider: str
    namespace: str
    least: Severity = Severity.INFO

    @property
    def to(self) -> str:
        """NAMESPACE/NAME of the provider."""
        return f"{self.namespace}/{self.provider}"


Field = tuple[str, str]
"""A name and a value."""


@dataclass(frozen=True)
class Notice:
    """An alert on its way to one provider (NAMESPACE/NAME), raised at a time in Unix seconds.

    One that is `beneath` the severity which its provider hears of says only that what was told before is over: those
    that keep alerts open close them by it, and nobody else hears of it.
    """

    to: str
    severity: Severity
    message: str
    at: float
    fields: tuple[Field, ...] = ()
    beneath: bool = False

    @property
    def key(self) -> str:
        """What tells it from the others of its Canary: the same for whoever sends it."""
        digest = hashlib.sha256(self.message.encode()).hexdigest()[:8]
        return f"{self.to}/{int(self.at * 1000)}/{self.severity}/{digest}"

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Notice:
        return cls(
            str(document["to"]),
            Severity(document["severity"]),
            str(document["message"]),
            float(document["at"]),
            tuple((str(name), str(value)) for name, value in (document.get("fields") or {}).items()),
            bool(document.get("beneath")),
        )

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "to": self.to,
            "severity": str(self.severity),
            "message": self.message,
            "at": self.at,
        }
        found |= {"fields": dict(self.fields)} if self.fields else {}
        return found | ({"beneath": True} if self.beneath else {})
