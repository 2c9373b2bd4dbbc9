"""Prometheus and whatever speaks its HTTP API: one instant query a measurement."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import requests

from automation.cluster.reach import sentence
from automation.core.durations import seconds_of
from automation.core.instants import Instant
from automation.core.observation import Answer, Measured, NothingMeasured, QueryFailed, Taken
from automation.questions.metrics.access import Access
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.selectors import selectors

TIMEOUT = 5.0
ATTEMPTS = 3
FIRST_PAUSE = 0.2
_AWAY = (502, 503, 504)
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
        self, session: requests.Session, access: Access, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._session = session
        self._access = access
        self._pause = pause

    def measure(self, query: str, at: float, interval: float = 0.0) -> Answer:
        dated = _with_sample_time(query)
        result = self._ask(dated, at)
        if dated != query and isinstance(result, QueryFailed) and not result.away:
            result = self._ask(query, at)  # a scalar can't be combined with the time of its samples
        return result if isinstance(result, QueryFailed) else _read(result, at)

    def take(self, query: str, at: float, span: Span | None = None) -> Taken | QueryFailed:
        """All that a query comes to: a number for a scalar, a list of numbers for a vector, in its order, and over a
        span those of all series, one after the other."""
        data = self._ask(query, at, span)
        if isinstance(data, QueryFailed):
            return data
        match data["resultType"]:
            case "scalar":
                return Taken(float(data["result"][1]))
            case "vector":
                return Taken([float(element["value"][1]) for element in data["result"]])
            case "matrix" if span:
                return Taken([float(text) for series in data["result"] for _, text in series["values"]])
            case kind:
                return QueryFailed(f"query returned a {kind}, not values; aggregate it over its range")

    def probe(self) -> str:
        result = self._ask("vector(1)", None)
        return f"prometheus not avaiable: {result.detail}" if isinstance(result, QueryFailed) else ""

    def _ask(self, query: str, at: float | None, span: Span | None = None) -> Mapping[str, Any] | QueryFailed:
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

    def _attempt(self, path: str, parameters: Mapping[str, str]) -> Mapping[str, Any] | QueryFailed:
        try:
            response = self._session.get(
                f"{self._access.address.rstrip('/')}/api/v1/{path}",
                params=parameters,
                headers=self._access.bearer,
                auth=self._access.basic,
                timeout=TIMEOUT,
                verify=self._access.verify,
            )
        except requests.exceptions.SSLError as error:
            return QueryFailed(f"request failed: {error}")
        except (requests.ConnectionError, requests.Timeout) as error:
            return QueryFailed(f"request failed: {error}", away=True)
        except requests.RequestException as error:
            return QueryFailed(f"request failed: {error}")
        return _result(response)


def _with_sample_time(query: str) -> str:
    """The query, and beside its result one more element: the time of the newest sample of all that it reads."""
    series = selectors(query)
    if not series:
        return query
    times = " or ".join(f"timestamp({selector})" for selector in series)
    return f'({query}\n) or label_replace(max({times}), "{_SAMPLED}", "yes", "", "")'


def _result(response: requests.Response) -> Mapping[str, Any] | QueryFailed:
    if response.status_code in _AWAY:
        return QueryFailed(_told(response), away=True)
    if not response.ok:
        return QueryFailed(_told(response))
    try:
        data = response.json()["data"]
        return {"resultType": data["resultType"], "result": data["result"]}
    except (json.JSONDecodeError, KeyError, TypeError):
        return QueryFailed(f"error unmarshaling result: {response.text[:200]!r} is no answer of Prometheus")


def _told(response: requests.Response) -> str:
    """Prometheus' own sentence, if there is one."""
    try:
        said = str(response.json()["error"])
    except (json.JSONDecodeError, KeyError, TypeError):
        said = sentence(response.text.strip())[:300]
    return f"error response: Status {response.status_code} {response.reason}: {said}"


def _read(data: Mapping[str, Any], at: float) -> Answer:
    match data["resultType"]:
        case "scalar":
            return _measured(data["result"][1], at)
        case "vector":
            return _last(data["result"], at)
        case kind:
            return QueryFailed(f"query returned a {kind}, not one value; aggregate it over its range")


def _last(elements: list[Mapping[str, Any]], at: float) -> Answer:
    """The last element counts if there are several, as the model has it."""
    sampled = at
    values = []
    for element in elements:
        if _SAMPLED in element["metric"]:
            sampled = float(element["value"][1])
        else:
            values.append(element["value"][1])
    return _measured(values[-1], sampled) if values else NothingMeasured()


def _measured(text: str, sampled: float) -> Answer:
    value = float(text)
    return NothingMeasured() if math.isnan(value) else Measured(value, sampled)
