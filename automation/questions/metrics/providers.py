"""Which provider a template's type stands for: the one place where they are chosen."""

from collections.abc import Callable, Mapping

import requests

from automation.questions.metrics.access import Access
from automation.questions.metrics.prometheus import Prometheus
from automation.questions.metrics.provider import Provider

PROVIDERS: Mapping[str, Callable[[requests.Session, Access], Provider]] = {"prometheus": Prometheus}


_COMING = (
    *("cloudwatch", "datadog", "dynatrace", "externalmetrics", "graphite", "influxdb", "keptn", "newrelic"),
    *("splunk", "stackdriver"),
)
"""Those of Flagger that are not there yet."""


class UnknownProvider(ValueError):
    """There is no provider of this type. The text names those that there are."""


def provider(kind: str, session: requests.Session, access: Access) -> Provider:
    """The provider of a type. The session decides how addresses are reached. Raises UnknownProvider."""
    if kind not in PROVIDERS:
        raise UnknownProvider(f"provider {'; '.join(unusable(kind))}")
    return PROVIDERS[kind](session, access)


def unusable(kind: str) -> tuple[str, str]:
    """What is said of a type that stands for no provider, and what to do."""
    said = f"{kind} is not supported yet" if kind in _COMING else f"{kind!r} is not known"
    return said, f"use one of {', '.join(sorted(PROVIDERS))}"
