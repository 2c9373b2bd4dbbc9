"""Metric templates: whom they ask, with what of their Secrets, and what is said where that can't be."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from automation.core.analysis import MetricCheck, TemplateRef
from automation.core.decision import Measure
from automation.core.kinds import METRIC_TEMPLATE, SECRET
from automation.core.observation import Answer as Measurement
from automation.core.observation import Measured, Observation, QueryFailed
from automation.inmemory.cluster import MemoryCluster, MemoryCopies
from automation.questions.asker import Asked, Asker
from tests.automation.loopback import Answer, loopback
from tests.core.documents import canary

KEYS = {"datadog_api_key": "api\n", "datadog_application_key": "app"}
NOW = Observation(1_700_000_000.0, "a-1", target=None, primary=None, route=None, apex=None)
DATADOG = {"type": "datadog", "secretRef": {"name": "keys"}}


def cluster(
    provider: Mapping[str, Any], keys: Mapping[str, str] | None, name: str = "errors"
) -> MemoryCluster:
    made = MemoryCluster()
    metadata = {"namespace": "shared", "name": name}
    spec = {"provider": dict(provider), "query": "{{ target }}"}
    made.put(METRIC_TEMPLATE, {"metadata": metadata, "spec": spec})
    if keys is not None:
        data = {key: base64.b64encode(value.encode()).decode() for key, value in keys.items()}
        made.put(SECRET, {"metadata": {"namespace": "shared", "name": "keys"}, "data": data})
    return made


def check(name: str = "errors") -> MetricCheck:
    return MetricCheck(name, maximum=1.0, interval="30s", template=TemplateRef("errors", "shared"))


def asked(objects: MemoryCluster, *checks: MetricCheck) -> list[Measurement]:
    asker = Asker(objects, MemoryCopies(objects), requests.Session(), "http://127.0.0.1:1")
    questions = [Measure(one) for one in checks]
    return list(asker.answer(canary(), NOW, questions, Asked()).metrics.values())


def test_a_template_is_asked_with_the_keys_of_a_secret_of_its_own_namespace() -> None:
    with loopback(lambda request: Answer(body={"series": [{"pointlist": [[1, 0.5]]}]})) as server:
        found = asked(cluster({**DATADOG, "address": server.url}, KEYS), check())
        [request] = server.asked
    assert found == [Measured(0.5, NOW.now)]
    assert request.headers["DD-API-KEY"] == "api"
    assert parse_qs(urlsplit(request.path).query) == {
        "query": ["podinfo"],
        "from": ["1699999700"],
        "to": ["1700000000"],
    }


@pytest.mark.parametrize(
    ("provider", "keys", "why"),
    [
        ({"type": "graphite"}, None, "error: spec.provider.address: is missing; name the server of graphite"),
        (
            {"type": "datadog"},
            None,
            "error: spec.provider.secretRef: is missing; name a Secret with datadog_api_key",
        ),
        (
            {"type": "cloudwatch"},
            None,
            "error: spec.provider.region: is missing; name it, such as eu-central-1",
        ),
        (DATADOG, None, "secret keys error: not found"),
        (
            DATADOG,
            {"datadog_api_key": "x"},
            "secret keys error: it has no key datadog_application_key, which datadog needs",
        ),
        (
            {"type": "influxdb", "address": "http://x", "secretRef": {"name": "keys"}},
            {},
            "secret keys error: it has no key token and org, which influxdb needs",
        ),
    ],
)
def test_a_template_that_can_not_be_asked_says_what_it_lacks(
    provider: Mapping[str, Any], keys: Mapping[str, str] | None, why: str
) -> None:
    [found] = asked(cluster(provider, keys), check())
    assert isinstance(found, QueryFailed)
    assert found.detail.startswith(f"Metric template errors.shared {why}")


def test_a_failure_names_provider_and_template() -> None:
    with loopback(lambda request: Answer(403, {"errors": ["Forbidden"]})) as server:
        [found] = asked(cluster({**DATADOG, "address": server.url}, KEYS), check())
    assert found == QueryFailed(
        "datadog in metric template errors.shared: error response: Status 403 Forbidden: Forbidden; "
        "check the credentials in its Secret, and what they may read"
    )


def test_a_vendor_that_is_away_is_asked_once_a_tick() -> None:
    with loopback(lambda request: Answer(429)) as server:
        found = asked(cluster({**DATADOG, "address": server.url}, KEYS), check(), check("more"))
        assert len(server.asked) == 1
    assert all(isinstance(one, QueryFailed) and one.away for one in found)
    assert len(set(found)) == 1
