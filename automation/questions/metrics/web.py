"""The web: one request, whose answer is JSON.

A query is what follows the address (`/errors?service=shop`) and, on a line of its own, the path to the number in the
answer (`{$.data.rate}`); either may be absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from automation.core.field_path import FieldPath
from automation.core.observation import QueryFailed, Taken
from automation.questions.metrics.access import Access
from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import Call, Exchange, Unanswered, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.vendor import Vendor, Window

TIMEOUT = 10.0
"""Seconds, where a metric says nothing else: the model's."""


class Web(Vendor):
    """What the path leads to counts. It is asked with a token, or as a user."""

    kind = "web"
    needs = Needs(also=("token", "username", "password"))

    def number(self, query: str, window: Window) -> float | None:
        lines = [line.strip() for line in query.strip().splitlines()]
        places = [line for line in lines if line.startswith(("{", "$"))]
        try:
            place = FieldPath.parse(places[0] if places else "")
        except ValueError as wrong:
            raise unanswered(f"its path {places[0]} is not supported: {wrong}") from None
        answer = self._get("".join(line for line in lines if line not in places))
        return Part(place.of(answer.value), places[0] if places else answer.path).number

    def greet(self) -> None:
        """Whoever answers at all is there: nothing need be at the address itself."""
        try:
            self.text(Call(self.access.address, headers=self.access.bearer, user=self.access.basic))
        except Unanswered as error:
            if not 300 <= error.status < 500:
                raise

    def _get(self, place: str) -> Part:
        place = f"/{place}" if place and place[0] not in "/?" else place
        return self.json(Call(self.url(place), headers=self.access.bearer, user=self.access.basic))


class WebAnalysis:
    """Asks by the settings of an analysis' metric, its arguments filled in, for what its `jsonPath` leads to."""

    def __init__(self, session: requests.Session, access: Access) -> None:
        self._session, self._access = session, access

    def take(self, settings: Mapping[str, Any]) -> Taken | QueryFailed:
        seconds = float(settings.get("timeoutSeconds") or TIMEOUT)
        exchange = Exchange(self._session, self._access.verify, seconds)
        try:
            said = Part.parse(exchange.ask(self._call(settings)))
        except Unanswered as error:
            if error.status and not 300 <= error.status < 400:
                return QueryFailed(f"received non 2xx response code: {error.status}")
            return error.failed
        except Garbled:
            return QueryFailed("could not parse JSON body: the answer is no JSON")
        return Taken(FieldPath.parse(str(settings.get("jsonPath") or "{$}")).of(said.value))

    def _call(self, settings: Mapping[str, Any]) -> Call:
        headers, body = self._access.bearer, settings.get("body")
        if settings.get("jsonBody") is not None:
            headers = {"Content-Type": "application/json", **headers}
            body = json.dumps(settings["jsonBody"])
        return Call(
            self._access.address,
            headers=headers,
            body=str(body) if body else None,
            method=settings.get("method") or "GET",
        )
