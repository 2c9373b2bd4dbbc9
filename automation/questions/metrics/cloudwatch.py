"""Amazon CloudWatch: GetMetricData of its query API (version 2010-08-01)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from automation.questions.metrics.access import Access
from automation.questions.metrics.answers import Garbled
from automation.questions.metrics.exchange import Call, Unanswered, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.order import Order
from automation.questions.metrics.sigv4 import Signer, keys_of
from automation.questions.metrics.vendor import Vendor, Window, refused_as_such

HOST = "https://monitoring.{region}.amazonaws.com"
INTERVALS, MOST_POINTS = 10, 20
_VERSION = "2010-08-01"
_FIELDS = {
    name.lower(): name
    for name in (
        *("Id", "MetricStat", "Metric", "Namespace", "MetricName", "Dimensions", "Name", "Value", "Period"),
        *("Stat", "Unit", "Expression", "Label", "ReturnData", "AccountId"),
    )
}


class CloudWatch(Vendor):
    """A query is a list of GetMetricData's queries in JSON, asked over ten intervals. The first value of the first
    result counts, which is the newest."""

    kind = "cloudwatch"
    needs = Needs(HOST, also=("aws_access_key_id", "aws_secret_access_key", "aws_session_token"))

    def number(self, query: str, window: Window) -> float | None:
        form = {"MaxDatapoints": MOST_POINTS, "MetricDataQueries": _queries(query)}
        for result in self.results(form, window.times(INTERVALS))[:1]:
            return next(iter(result["Values"]), None)
        return None

    def greet(self) -> None:
        refused_as_such(lambda: self.results({}, Window(0, 0)))

    def results(self, form: Mapping[str, Any], window: Window) -> list[dict[str, Any]]:
        """Each result with its Id, Label, StatusCode, Timestamps and Values. Raises Unanswered and Garbled."""
        times = {"StartTime": _instant(window.start), "EndTime": _instant(window.end)}
        fields = dict(_flat({"Action": "GetMetricData", "Version": _VERSION, **times, **form}))
        keys = keys_of(self.access.secret, self.access.region, self.exchange)
        call = Call(
            self.url("/"),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            body=urlencode(fields),
        )
        signer = Signer(keys, self.access.region, "monitoring")
        return _results(self._ask(signer.sign(call, self.now())))

    def _ask(self, call: Call) -> str:
        try:
            return self.exchange.ask(call)
        except Unanswered as error:
            if "<Code>Throttling" not in error.body:
                raise
            raise Unanswered(replace(error.failed, away=True), error.status, error.body) from error


def _queries(query: str) -> list[Any]:
    try:
        queries = json.loads(query)
    except ValueError as error:
        raise unanswered(f"its query is no JSON: {error}; write a list as GetMetricData takes it") from error
    if not isinstance(queries, list):
        raise unanswered("its query is no list; write one as GetMetricData takes it")
    return queries


def _instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a form: parts of lists are numbered members. Names may be written in any case, as the model reads
    them."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _flat(inner, f"{path}.{_field(name, path)}" if path else name)
        case list():
            for index, inner in enumerate(value, 1):
                yield from _flat(inner, f"{path}.member.{index}")
        case bool():
            yield path, str(value).lower()
        case None:
            return
        case _:
            yield path, str(value)


def _field(name: str, path: str) -> str:
    try:
        return _FIELDS[name.lower()]
    except KeyError:
        raise unanswered(
            f"its query has an unknown field {path}.{name}; known are {', '.join(_FIELDS.values())}"
        ) from None


def _results(text: str) -> list[dict[str, Any]]:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Garbled(f"{text[:200]!r} is no XML: {error}") from None
    return [_result(one) for one in root.iterfind("{*}GetMetricDataResult/{*}MetricDataResults/{*}member")]


def _result(element: ElementTree.Element) -> dict[str, Any]:
    def members(name: str) -> list[str]:
        return [one.text or "" for one in element.iterfind(f"{{*}}{name}/{{*}}member")]

    said = {name: element.findtext(f"{{*}}{name}") or "" for name in ("Id", "Label", "StatusCode")}
    try:
        return said | {
            "Timestamps": members("Timestamps"),
            "Values": [float(one) for one in members("Values")],
        }
    except ValueError as error:
        raise Garbled(f"a value of {said['Id']} is no number: {error}") from None


def take(order: Order, environment: Mapping[str, str] = os.environ) -> list[dict[str, Any]]:
    """What an analysis measures: each result with its Id, Label, StatusCode, Timestamps and Values. It is asked with
    the driver's own keys, in its own region."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise unanswered("no region is named; set AWS_REGION for the driver")
    url = environment.get("AWS_ENDPOINT_URL_CLOUDWATCH") or HOST.format(region=region)
    form = {"MetricDataQueries": order.settings["metricDataQueries"]}
    window = Window(order.at, order.seconds("interval", 300.0))
    return CloudWatch(order.session, Access(url, region=region)).results(form, window)
