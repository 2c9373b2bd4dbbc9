"""Asks one provider against a loopback server that gives one answer, and says how it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from automation.core.observation import Answer as Measurement
from automation.questions.metrics.access import Access
from automation.questions.metrics.providers import PROVIDERS
from tests.automation.loopback import Answer, Asked, Loopback, loopback

AT = 1_700_000_000.0
MINUTE = 60.0
SECRETS: Mapping[str, Mapping[str, str]] = {
    "cloudwatch": {"aws_access_key_id": "AKID", "aws_secret_access_key": "s3cret"},
    "datadog": {"datadog_api_key": "api", "datadog_application_key": "app"},
    "dynatrace": {"dynatrace_token": "t0ken"},
    "externalmetrics": {"token": "t0ken"},
    "graphite": {"username": "ann", "password": "pw"},
    "influxdb": {"token": "t0ken", "org": "shop"},
    "newrelic": {"newrelic_account_id": "51312", "newrelic_query_key": "key"},
    "splunk": {"sf_token_key": "t0ken"},
    "stackdriver": {"project": "shop"},
    "web": {"token": "t0ken"},
}
QUERIES: Mapping[str, str] = {
    "cloudwatch": "[]",
    "externalmetrics": "shop/errors",
    "graphite": "target=errors",
    "web": "/errors",
}


@contextmanager
def serving(answer: Answer) -> Iterator[Loopback]:
    """A server that gives one answer, and tokens as machines of Google do."""

    def respond(asked: Asked) -> Answer:
        return Answer(body={"access_token": "lent"}) if asked.path.startswith("/computeMetadata/") else answer

    with loopback(respond) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GCE_METADATA_HOST", urlsplit(server.url).netloc)
        yield server


def measured(kind: str, answer: Answer, query: str = "", **access: Any) -> tuple[Measurement, Asked]:
    """What a provider measures at unix second AT for a metric of one MINUTE, and how it asked."""
    with serving(answer) as server:
        told = {"secret": SECRETS.get(kind, {}), "region": "eu-central-1", **access}
        made = PROVIDERS[kind](requests.Session(), Access(server.url + "/", **told))
        found = made.measure(query or QUERIES.get(kind, "q"), AT, MINUTE)
        return found, server.asked[-1]


def probed(kind: str, answer: Answer) -> tuple[str, Asked]:
    """What the probe of a provider says, and how it asked."""
    with serving(answer) as server:
        access = Access(server.url, secret=SECRETS.get(kind, {}), region="eu-central-1")
        return PROVIDERS[kind](requests.Session(), access).probe(), server.asked[-1]


def path(asked: Asked) -> str:
    return urlsplit(asked.path).path


def parameters(asked: Asked) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(asked.path).query, keep_blank_values=True)
