"""Dynatrace: its metrics API (version 2)."""

from __future__ import annotations

from automation.questions.metrics.exchange import Call
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.vendor import Vendor, Window

INTERVALS = 10


class Dynatrace(Vendor):
    """Asks for one value over ten intervals (`resolution=Inf`). The first value of the last series counts."""

    kind = "dynatrace"
    needs = Needs(keys=("dynatrace_token",), secret=True)

    def number(self, query: str, window: Window) -> float | None:
        seen = window.times(INTERVALS)
        asked = {
            "metricSelector": query,
            "resolution": "Inf",
            "from": f"{seen.start * 1000:.0f}",
            "to": f"{seen.end * 1000:.0f}",
        }
        answer = self.json(Call(self.url("/api/v2/metrics/query"), asked, self._token))
        for result in answer["result"].items[:1]:
            for series in result["data"].items[-1:]:
                return next((value.number for value in series["values"].items), None)
        return None

    def greet(self) -> None:
        self.json(Call(self.url("/api/v2/metrics"), {"pageSize": "1"}, self._token))

    @property
    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Api-Token {self.access.secret['dynatrace_token']}"}
