"""Whom the metrics of analyses ask beside Prometheus, the web and Jobs: the one place where they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from automation.core.observation import QueryFailed, Taken
from automation.questions.metrics import cloudwatch, datadog, graphite, influxdb, newrelic, wavefront
from automation.questions.metrics.answers import Garbled
from automation.questions.metrics.credentials import lacking
from automation.questions.metrics.exchange import Unanswered
from automation.questions.metrics.order import Order


@dataclass(frozen=True)
class Analyst:
    """`take` gives what was measured, any value that conditions can be asked of; it raises Unanswered and Garbled.

    `secret` is the name of the Secret with all `keys` where a metric names no other; "" for those without. `vendor` is
    what texts call it.
    """

    vendor: str
    take: Callable[[Order], Any]
    secret: str = ""
    keys: tuple[str, ...] = ()

    def secret_of(self, settings: Mapping[str, Any]) -> str:
        named = (settings.get("secretRef") or {}).get("name") or settings.get("profile")
        return str(named or self.secret) if self.secret else ""

    def whom(self, settings: Mapping[str, Any]) -> str:
        """The server that is asked, or what stands for it: whoever has the same answers together."""
        return str(settings.get("address") or f"{self.vendor} of {self.secret_of(settings)}")

    def taken(self, order: Order) -> Taken | QueryFailed:
        try:
            return Taken(self.take(order))
        except Unanswered as unanswered:
            return replace(unanswered.failed, detail=f"{self.vendor}: {unanswered.failed.detail}")
        except Garbled as garbled:
            return QueryFailed(f"{self.vendor}: error unmarshaling result: {garbled}")

    def missing(self, keys: Iterable[str]) -> str:
        """What a Secret with these keys lacks; "" for nothing."""
        return lacking(self.keys, keys)


ANALYSTS: Mapping[str, Analyst] = {
    "cloudWatch": Analyst("CloudWatch", cloudwatch.take),
    "datadog": Analyst("Datadog", datadog.take, "datadog", ("api-key", "app-key")),
    "graphite": Analyst("Graphite", graphite.take),
    "influxdb": Analyst("InfluxDB", influxdb.take, "influxdb", ("address", "authToken", "org")),
    "newRelic": Analyst("New Relic", newrelic.take, "newrelic", ("account-id", "personal-api-key")),
    "wavefront": Analyst("Wavefront", wavefront.take, "wavefront-api-tokens"),
}
