"""Datadog: its query of time series (API v1). Analyses may ask for scalars, too (v2)."""

from __future__ import annotations

from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.order import TIMEOUT, Order
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


def take(order: Order) -> float | list[float] | None:
    """What an analysis measures: the newest value of version 1's first series; of version 2 its number, or a list of
    numbers where the query is grouped. None where there is no data."""
    if order.settings.get("apiVersion", "v1") == "v1":
        return _newest(order)
    answer = _scalar(order)["data"]
    if told := answer["errors"].text:
        raise unanswered(f"There were errors in your query: {told}")
    columns = answer["attributes"]["columns"].items
    first = next((column for column in columns if column["type"].text in ("", "number")), None)
    found = [value.number for value in first["values"].items] if first else []
    values = [value for value in found if value is not None]
    grouped = any(column["type"].text == "group" for column in columns)
    return values if grouped and values else next(iter(values), None)


def _newest(order: Order) -> float | None:
    asked = {
        "query": order.query,
        "from": f"{order.at - _seconds(order):.0f}",
        "to": f"{order.at:.0f}",
    }
    answer = order.json(Call(_url(order, "/api/v1/query"), asked, _credentials(order)), _timeout(order))
    if answer["status"].text == "error":
        raise unanswered(f"error response: {answer['error'].text}")
    for series in answer["series"].items[:1]:
        for pair in series["pointlist"].items[-1:]:
            return pair.items[1].number if len(pair.items) == 2 else None
    return None


def _scalar(order: Order) -> Part:
    settings = order.settings
    queries = settings.get("queries") or {"query": order.query}
    aggregator = settings.get("aggregator") or "last"
    attributes = {
        "from": int(order.at - _seconds(order)) * 1000,
        "to": int(order.at) * 1000,
        "queries": [
            {"aggregator": aggregator, "data_source": "metrics", "name": name, "query": query}
            for name, query in queries.items()
        ],
        "formulas": [{"formula": settings["formula"]}] if settings.get("formula") else [],
    }
    body = {"data": {"type": "scalar_request", "attributes": attributes}}
    call = Call.of_json(_url(order, "/api/v2/query/scalar"), body, _credentials(order))
    return order.json(call, _timeout(order))


def _url(order: Order, path: str) -> str:
    return order.secret.get("address", HOST).rstrip("/") + path


def _credentials(order: Order) -> dict[str, str]:
    return {"DD-API-KEY": order.secret["api-key"], "DD-APPLICATION-KEY": order.secret["app-key"]}


def _seconds(order: Order) -> float:
    return order.seconds("interval", 300.0)


def _timeout(order: Order) -> float:
    return order.seconds("requestTimeout", TIMEOUT)
