"""Which provider a template's type stands for: the one place where they are chosen."""

from collections.abc import Iterator

import requests

from automation.core.refusal import Problem
from automation.questions.metrics.access import Access
from automation.questions.metrics.cloudwatch import CloudWatch
from automation.questions.metrics.datadog import Datadog
from automation.questions.metrics.dynatrace import Dynatrace
from automation.questions.metrics.externalmetrics import ExternalMetrics
from automation.questions.metrics.graphite import Graphite
from automation.questions.metrics.influxdb import InfluxDB
from automation.questions.metrics.keptn import Keptn
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.newrelic import NewRelic
from automation.questions.metrics.prometheus import Prometheus
from automation.questions.metrics.provider import Provider
from automation.questions.metrics.splunk import Splunk
from automation.questions.metrics.stackdriver import Stackdriver
from automation.questions.metrics.vendor import Vendor
from automation.questions.metrics.web import Web
from documents.metric_template import MetricTemplate

_ALL: tuple[type[Vendor] | type[Prometheus], ...] = (
    CloudWatch,
    Datadog,
    Dynatrace,
    ExternalMetrics,
    Graphite,
    InfluxDB,
    Keptn,
    NewRelic,
    Prometheus,
    Splunk,
    Stackdriver,
    Web,
)
PROVIDERS = {one.kind: one for one in _ALL}


class UnknownProvider(ValueError):
    """There is no provider of this type. The text names those that there are."""


def provider(kind: str, session: requests.Session, access: Access) -> Provider:
    """The provider of a type. The session decides how addresses are reached. Raises UnknownProvider."""
    if kind not in PROVIDERS:
        raise UnknownProvider(f"provider {'; '.join(unusable(kind))}")
    return PROVIDERS[kind](session, access)


def needs_of(template: MetricTemplate) -> Needs:
    """What the provider of a template needs; nothing for one that is not known."""
    known = PROVIDERS.get(template.type)
    return known.needs if known else Needs(address="")


def problems(template: MetricTemplate) -> Iterator[Problem]:
    """What keeps a template's provider from being asked, whatever its Secret says."""
    if template.type not in PROVIDERS:
        yield Problem("spec.provider.type", *unusable(template.type))
    yield from needs_of(template).problems(template)


def unusable(kind: str) -> tuple[str, str]:
    """What is said of a type that stands for no provider, and what to do."""
    return f"{kind!r} is not known", f"use one of {', '.join(sorted(PROVIDERS))}"
