"""What an analysis' metric asks of a vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from automation.core.durations import seconds_of
from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call, Exchange, unanswered

TIMEOUT = 10.0
"""Seconds: Argo's, for most providers."""


@dataclass(frozen=True)
class Order:
    """`settings` as the metric has them under its provider, `secret` decoded, `at` in unix seconds."""

    session: requests.Session
    settings: Mapping[str, Any]
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    at: float = 0.0

    @property
    def query(self) -> str:
        return str(self.settings.get("query") or "")

    def seconds(self, name: str, default: float) -> float:
        """A duration of the settings. Raises Unanswered for what is none."""
        text = self.settings.get(name)
        try:
            return seconds_of(str(text)) if text else default
        except ValueError as wrong:
            raise unanswered(f"{name}: {wrong}") from None

    def ask(self, call: Call, timeout: float = TIMEOUT) -> str:
        """Raises Unanswered."""
        return Exchange(self.session, timeout=timeout).ask(call)

    def json(self, call: Call, timeout: float = TIMEOUT) -> Part:
        """Raises Unanswered and Garbled."""
        return Part.parse(self.ask(call, timeout))
