"""Prometheus and whatever speaks its HTTP API: one instant query a measurement."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import requests

from automation.core.durations import seconds_of
from automation.core.instants import Instant
from automation.core.observation import Answer, Measured, NothingMeasured, QueryFailed, Taken
from automation.questions.metrics.access import Access
from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import Call, Exchange, Unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.selectors import selectors

ATTEMPTS = 3
FIRST_PAUSE = 0.2
_SAMPLED = "sluice_newest_sample"


@dataclass(frozen=True)
class Span:
    """A range of time, its ends in unix seconds, and the distance of its points in seconds."""

    start: float
    end: float
    step: float

    @classmethod
    def parse(cls, settings: Mapping[str, Any], at: float) -> Span:
        """`rangeQuery` of a metric that is measured at unix second `at`. Raises ValueError for what is none."""
        start, end = (Instant.parse(str(settings.get(field) or "")).at(at) for field in ("start", "end"))
        return cls(start, end, seconds_of(str(settings.get("step") or "")))

    @property
    def parameters(self) -> dict[str, str]:
        return {"start": f"{self.start:.3f}", "end": f"{self.end:.3f}", "step": f"{self.step:g}"}


class Prometheus:
    """Asks for a value and, in the same query, for the time of the newest sample behind it. Of several values the last
    one counts.

    Connection errors and gateways in between that answer for an absent server are tried again with growing pauses;
    after the last attempt the answer says that nobody was there.
    """

    kind: ClassVar = "prometheus"
    needs: ClassVar = Needs(
        address="", implied="the driver's Prometheus", also=("token", "username", "password")
    )

    def __init__(
        self,
        session: requests.Session,
        access: Access,
        pause: Callable[[float], None] = time.sleep,
        signed: Callable[[Call], Call] = lambda call: call,
    ) -> None:
        self._access = access
        self._exchange = Exchange(session, access.verify)
        self._pause, self._signed = pause, signed

    def measure(self, query: str, at: float, interval: float = 0.0) -> Answer:
        dated = _with_sample_time(query)
        result = self._ask(dated, at)
        if dated != query and isinstance(result, QueryFailed) and not result.away:
            result = self._ask(query, at)  # a scalar can't be combined with the time of its samples
        if isinstance(result, QueryFailed):
            return result
        try:
            return _read(result, at)
        except Garbled as garbled:
            return _garbled(garbled)

    def take(self, query: str, at: float, span: Span | None = None) -> Taken | QueryFailed:
        """All that a query comes to: a number for a scalar, a list of numbers for a vector, in its order, and over a
        span those of all series, one after the other."""
        data = self._ask(query, at, span)
        if isinstance(data, QueryFailed):
            return data
        try:
            return _all(data, ranged=span is not None)
        except Garbled as garbled:
            return _garbled(garbled)

    def probe(self) -> str:
        result = self._ask("vector(1)", None)
        return f"prometheus not avaiable: {result.detail}" if isinstance(result, QueryFailed) else ""

    def _ask(self, query: str, at: float | None, span: Span | None = None) -> Part | QueryFailed:
        moment = {} if at is None else {"time": f"{at:.3f}"}
        parameters = {"query": query} | (span.parameters if span else moment)
        path = "query_range" if span else "query"
        failed = QueryFailed("not asked")
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pause(FIRST_PAUSE * 2 ** (attempt - 1))
            result = self._attempt(path, parameters)
            if not isinstance(result, QueryFailed) or not result.away:
                return result
            failed = result
        return failed

    def _attempt(self, path: str, parameters: Mapping[str, str]) -> Part | QueryFailed:
        url = f"{self._access.address.rstrip('/')}/api/v1/{path}"
        call = Call(url, parameters, self._access.bearer, user=self._access.basic)
        try:
            return Part.parse(self._exchange.ask(self._signed(call)))["data"]
        except Unanswered as unanswered:
            return unanswered.failed
        except Garbled as garbled:
            return _garbled(garbled)


def _with_sample_time(query: str) -> str:
    """The query, and beside its result one more element: the time of the newest sample of all that it reads."""
    series = selectors(query)
    if not series:
        return query
    times = " or ".join(f"timestamp({selector})" for selector in series)
    return f'({query}\n) or label_replace(max({times}), "{_SAMPLED}", "yes", "", "")'


def _garbled(garbled: Garbled) -> QueryFailed:
    return QueryFailed(f"error unmarshaling result: {garbled}")


def _all(data: Part, *, ranged: bool) -> Taken | QueryFailed:
    result = data["result"]
    match data["resultType"].text:
        case "scalar":
            return Taken(_value(result))
        case "vector":
            return Taken([_value(element["value"]) for element in result.items])
        case "matrix" if ranged:
            return Taken([_value(pair) for series in result.items for pair in series["values"].items])
        case kind:
            return QueryFailed(f"query returned a {kind}, not values; aggregate it over its range")


def _read(data: Part, at: float) -> Answer:
    match data["resultType"].text:
        case "scalar":
            return _measured(_value(data["result"]), at)
        case "vector":
            return _last(data["result"].items, at)
        case "":
            raise Garbled("the answer has no resultType")
        case kind:
            return QueryFailed(f"query returned a {kind}, not one value; aggregate it over its range")


def _last(elements: list[Part], at: float) -> Answer:
    """The last element counts if there are several, as the model has it."""
    sampled = at
    values = []
    for element in elements:
        if element["metric"][_SAMPLED].text:
            sampled = _value(element["value"])
        else:
            values.append(_value(element["value"]))
    return _measured(values[-1], sampled) if values else NothingMeasured()


def _value(pair: Part) -> float:
    """The second of a time and a value."""
    value = pair.items[1].number if len(pair.items) == 2 else None
    if value is None:
        raise Garbled(f"{pair.path} is no time and value")
    return value


def _measured(value: float, sampled: float) -> Answer:
    return NothingMeasured() if math.isnan(value) else Measured(value, sampled)
