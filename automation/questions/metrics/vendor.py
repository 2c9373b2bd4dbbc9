"""A provider that is asked over its vendor's HTTP API."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import requests

from automation.core.observation import Answer, Measured, NothingMeasured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import TIMEOUT, Call, Exchange, Unanswered
from automation.questions.metrics.needs import Needs


@dataclass(frozen=True)
class Window:
    """The time that is looked at: `seconds` before `end`, which is a unix time."""

    end: float
    seconds: float

    @property
    def start(self) -> float:
        return self.end - self.seconds

    def times(self, factor: int) -> Window:
        return replace(self, seconds=self.seconds * factor)


class Vendor(ABC):
    """What providers have in common; each says what it needs, asks in its own way, and knows which number counts.

    No provider says when its samples were taken in a way that all queries keep: a value counts as of the time of the
    question.
    """

    kind: ClassVar[str]
    needs: ClassVar[Needs]
    timeout: ClassVar[float] = TIMEOUT

    def __init__(
        self, session: requests.Session, access: Access, now: Callable[[], float] = time.time
    ) -> None:
        self.access, self.now = access, now
        self.exchange = Exchange(session, access.verify, self.timeout)

    @abstractmethod
    def number(self, query: str, window: Window) -> float | None:
        """The number that a query comes to; None where there is none. Raises Unanswered, and Garbled for an answer
        that isn't the vendor's."""

    @abstractmethod
    def greet(self) -> None:
        """A small request that only succeeds where queries may. Raises Unanswered and Garbled."""

    def measure(self, query: str, at: float, interval: float) -> Answer:
        try:
            value = self.number(query, Window(at, interval))
        except Unanswered as unanswered:
            return unanswered.failed
        except Garbled as garbled:
            return QueryFailed(f"error unmarshaling result: {garbled}")
        return NothingMeasured() if value is None or math.isnan(value) else Measured(value, at)

    def probe(self) -> str:
        try:
            self.greet()
        except (Unanswered, Garbled) as wrong:
            return f"{self.kind} not avaiable: {wrong}"
        return ""

    def url(self, path: str) -> str:
        return self.access.address.rstrip("/") + path

    def json(self, call: Call) -> Part:
        """Raises Unanswered, and Garbled for what is no JSON."""
        return Part.parse(self.text(call))

    def text(self, call: Call) -> str:
        """Raises Unanswered."""
        return self.exchange.ask(replace(call, headers={**self.access.headers, **call.headers}))


def refused_as_such(ask: Callable[[], object]) -> None:
    """Asks for nothing, which is refused as a bad request only for those who may ask. Raises Unanswered for others."""
    try:
        ask()
    except Unanswered as error:
        if error.status != 400:
            raise
