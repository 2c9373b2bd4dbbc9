"""The web: one request a measurement, whose answer is JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from automation.core.field_path import FieldPath
from automation.core.observation import QueryFailed, Taken
from automation.questions.metrics.access import Access

TIMEOUT = 10.0
"""Seconds, where a metric says nothing else: the model's."""


class Web:
    """Asks by the settings of an analysis' metric, its arguments filled in, for what its `jsonPath` leads to."""

    def __init__(self, session: requests.Session, access: Access) -> None:
        self._session, self._access = session, access

    def take(self, settings: Mapping[str, Any]) -> Taken | QueryFailed:
        try:
            answer = self._session.request(
                settings.get("method") or "GET",
                self._access.address,
                headers=self._access.bearer,
                timeout=float(settings.get("timeoutSeconds") or TIMEOUT),
                verify=self._access.verify,
                **_body(settings),
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            return QueryFailed(f"request failed: {error}", away=True)
        except requests.RequestException as error:
            return QueryFailed(f"request failed: {error}")
        if not answer.ok:
            return QueryFailed(f"received non 2xx response code: {answer.status_code}")
        try:
            said = answer.json()
        except requests.exceptions.JSONDecodeError:
            return QueryFailed("could not parse JSON body: the answer is no JSON")
        return Taken(FieldPath.parse(str(settings.get("jsonPath") or "{$}")).of(said))


def _body(settings: Mapping[str, Any]) -> dict[str, Any]:
    if settings.get("jsonBody") is not None:
        return {"json": settings["jsonBody"]}
    return {"data": str(settings["body"])} if settings.get("body") else {}
