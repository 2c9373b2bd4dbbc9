"""Datadog: its query of time series (API v1)."""

from __future__ import annotations

from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.vendor import Vendor, Window

HOST = "https://api.datadoghq.com"
INTERVALS = 10


class Datadog(Vendor):
    """Looks at ten intervals, as the newest of Datadog's buckets are incomplete: the oldest value of the first series
    counts."""

    kind = "datadog"
    needs = Needs(HOST, keys=("datadog_api_key", "datadog_application_key"), secret=True)

    def number(self, query: str, window: Window) -> float | None:
        seen = window.times(INTERVALS)
        asked = {"query": query, "from": f"{seen.start:.0f}", "to": f"{seen.end:.0f}"}
        answer = self.json(Call(self.url("/api/v1/query"), asked, self._keys))
        if answer["status"].text == "error":
            raise unanswered(f"error response: {answer['error'].text}")
        for series in answer["series"].items[:1]:
            values = [pair.items[1].number for pair in series["pointlist"].items if len(pair.items) > 1]
            return next((value for value in values if value is not None), None)
        return None

    def greet(self) -> None:
        self.json(Call(self.url("/api/v1/validate"), headers=self._keys))

    @property
    def _keys(self) -> dict[str, str]:
        secret = self.access.secret
        return {
            "DD-API-KEY": secret["datadog_api_key"],
            "DD-APPLICATION-KEY": secret["datadog_application_key"],
        }
