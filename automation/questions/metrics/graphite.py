"""Graphite: its render API. A query is what stands behind `/render?`, its window included."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.order import Order
from automation.questions.metrics.vendor import Vendor, Window


class Graphite(Vendor):
    """The last value of the last series that has one counts."""

    kind = "graphite"
    needs = Needs(keys=("username", "password"))

    def number(self, query: str, window: Window) -> float | None:
        values = self._values(query)
        return values[-1] if values else None

    def greet(self) -> None:
        self._values("target=test")

    def _values(self, query: str) -> list[float]:
        answer = self.json(Call(self.url("/render"), parameters(query), user=self.access.basic))
        return [value for series in answer.items for value in points(series)]


def parameters(query: str) -> list[tuple[str, str]]:
    """The parameters of a request for a query, which may be written over several lines."""
    pairs = parse_qsl(re.sub(r"\s+", " ", query), keep_blank_values=True)
    asked = [(name.strip(), value.strip()) for name, value in pairs]
    return [*((name, value) for name, value in asked if name != "format"), ("format", "json")]


def points(series: Part) -> list[float]:
    """All values of a series, in order; a point is a value and its time."""
    values = [point.items[0].number for point in series["datapoints"].items if point.items]
    return [value for value in values if value is not None]


def take(order: Order) -> list[float]:
    """What an analysis measures: all values of the first series."""
    url = str(order.settings.get("address") or "").rstrip("/") + "/render"
    answer = order.json(Call(url, parameters(re.sub(r"\s+", "", order.query))))
    for series in answer.items[:1]:
        return points(series)
    raise unanswered("no values found")
