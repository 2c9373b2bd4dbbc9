"""Google Cloud Monitoring, which was Stackdriver: queries in its query language (MQL), over the API's version 3."""

from __future__ import annotations

from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.google import token
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.vendor import Vendor, Window, refused_as_such


class Stackdriver(Vendor):
    """The first value of the first series' first point counts, which is the newest. Its window is part of the query.
    Without a key it is asked as whoever the driver runs as on Google's machines."""

    kind = "stackdriver"
    needs = Needs(
        "https://monitoring.googleapis.com", keys=("project",), also=("serviceAccountKey",), secret=True
    )

    def number(self, query: str, window: Window) -> float | None:
        answer = self._ask(query)
        for series in answer["timeSeriesData"].items[:1]:
            for point in series["pointData"].items[:1]:
                return next(map(_number, point["values"].items), None)
        for error in answer["partialErrors"].items:
            raise unanswered(f"error response: {error['message'].text}")
        return None

    def greet(self) -> None:
        refused_as_such(lambda: self._ask(""))

    def _ask(self, query: str) -> Part:
        secret = self.access.secret
        known = token(secret.get("serviceAccountKey", ""), self.exchange, self.now())
        url = self.url(f"/v3/projects/{secret['project']}/timeSeries:query")
        return self.json(Call.of_json(url, {"query": query}, {"Authorization": f"Bearer {known}"}))


def _number(value: Part) -> float | None:
    """A number of any kind; whole ones come as texts."""
    for kind in ("doubleValue", "int64Value"):
        if (found := value[kind].number) is not None:
            return found
    raise Garbled(f"{value.path} is {', '.join(value.value or {}) or 'empty'}, not a number")
