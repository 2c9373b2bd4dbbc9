"""InfluxDB: Flux queries, answered as annotated CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

from automation.questions.metrics.answers import Garbled
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.order import Order
from automation.questions.metrics.vendor import Vendor, Window

PATH = "/api/v2/query"
VALUE = "_value"
Record = Mapping[str, tuple[str, str]]
"""Type and text of each column, by its name."""
_DIALECT = {"annotations": ["datatype", "group", "default"], "delimiter": ",", "header": True}


class InfluxDB(Vendor):
    """The value of the first record counts. Its window is part of the query."""

    kind = "influxdb"
    needs = Needs(keys=("token", "org"))
    timeout = 15.0

    def number(self, query: str, window: Window) -> float | None:
        for record in self._records(query):
            found = value(record)
            if isinstance(found, bool) or not isinstance(found, int | float | None):
                raise Garbled(f"{VALUE} of the first record is {found!r}, not a number")
            return found
        return None

    def greet(self) -> None:
        next(self._records("buckets() |> limit(n: 1)"), None)

    def _records(self, query: str) -> Iterator[Record]:
        secret = self.access.secret
        call = question(self.url(PATH), query, secret.get("org", ""), secret.get("token", ""))
        return records(self.text(call))


def question(url: str, query: str, organization: str, token: str) -> Call:
    """The request for a query. Without a token it authenticates nobody."""
    headers = {"Authorization": f"Token {token}"} if token else {}
    body = {"query": query, "type": "flux", "dialect": _DIALECT}
    return Call.of_json(url, body, headers, {"org": organization} if organization else {})


def records(text: str) -> Iterator[Record]:
    """The records of an answer. An error that stands in a table of its own raises Unanswered."""
    types: list[str] = []
    names: list[str] = []
    for row in _rows(text):
        if not row:
            names = []
        elif row[0] == "#datatype":
            types, names = row, []
        elif row[0].startswith("#"):
            continue
        elif not names:
            names = _names(row, types)
        else:
            yield _record(dict(zip(names, zip(types or row, row, strict=False), strict=False)))


def _rows(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(StringIO(text, newline=""))
    except csv.Error as error:
        raise Garbled(f"{text[:200]!r} is no CSV: {error}") from None


def _names(row: list[str], types: list[str]) -> list[str]:
    if not types and "error" not in row:
        raise Garbled(f"{','.join(row)[:200]!r} is no annotated CSV")
    return row


def _record(record: Record) -> Record:
    if "error" in record:
        raise unanswered(f"error response: {record['error'][1]}")
    return record


def value(record: Record) -> Any:
    """`_value` of a record, as what its column says that it is; None where it is null. Raises Garbled."""
    if VALUE not in record:
        raise Garbled(f"a record has no {VALUE}, but {', '.join(filter(None, record)) or 'nothing'}")
    kind, text = record[VALUE]
    if not text:
        return None
    try:
        return _READ.get(kind, str)(text)
    except ValueError:
        raise Garbled(f"{VALUE} {text!r} is no {kind}") from None


_READ: Mapping[str, Callable[[str], Any]] = {
    "double": float,
    "long": int,
    "unsignedLong": int,
    "boolean": "true".__eq__,
}


def take(order: Order) -> list[Any]:
    """What an analysis measures: the values of all records."""
    secret = order.secret
    call = question(secret["address"].rstrip("/") + PATH, order.query, secret["org"], secret["authToken"])
    found = [value(record) for record in records(order.ask(call, 30.0))]
    if not found:
        raise unanswered("no results returned from flux query")
    return found
