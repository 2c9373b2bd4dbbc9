"""Kubernetes' external metrics, of this cluster and of another, against a loopback server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from automation.core.observation import Answer as Measurement
from automation.core.observation import Measured, NothingMeasured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.externalmetrics import ExternalMetrics
from tests.automation.cluster.test_client import connect
from tests.automation.loopback import Answer, Asked, loopback
from tests.automation.questions.metrics.asking import AT, MINUTE, measured, parameters, path, probed

API = "/apis/external.metrics.k8s.io/v1beta1/namespaces"
QUERY = "shop/errors?labelSelector=app%3Dpodinfo,tier!%3Dx"


def answer(*values: Any) -> Answer:
    return Answer(
        body={"metadata": {}, "items": [{"metricName": "errors", "value": value} for value in values]}
    )


@pytest.mark.parametrize(
    ("value", "number"),
    [("500m", 0.5), ("7", 7.0), (7, 7.0), ("-1k", -1000.0), ("2Ki", 2048.0), ("1e3", 1000.0)],
)
def test_the_first_value_counts(value: Any, number: float) -> None:
    found, asked = measured("externalmetrics", answer(value, "9"), QUERY)
    assert found == Measured(number, AT)
    assert (asked.method, path(asked), asked.body) == ("GET", f"{API}/shop/errors", "")
    assert parameters(asked) == [("labelSelector", "app=podinfo,tier!=x")]
    assert asked.headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("query", ["errors", "/errors", "default/errors\n"])
def test_without_a_namespace_it_is_default(query: str) -> None:
    _, asked = measured("externalmetrics", answer("1"), query)
    assert (path(asked), parameters(asked)) == (f"{API}/default/errors", [])


@pytest.mark.parametrize("query", ["", "shop/", "a/b/c"])
def test_a_query_that_is_none_is_told(query: str) -> None:
    found = ExternalMetrics(requests.Session(), Access("http://127.0.0.1:1")).measure(query, AT, MINUTE)
    assert found == QueryFailed(f"its query {query!r} is not NAMESPACE/METRIC?labelSelector=…")


def test_a_value_that_is_no_quantity_is_a_failure() -> None:
    found, _ = measured("externalmetrics", answer("lots"))
    assert found == QueryFailed(
        "error unmarshaling result: the answer.items[0].value is 'lots', not a quantity"
    )


def of_this_cluster(folder: Path, said: Answer, **access: Any) -> tuple[Measurement, list[Asked]]:
    with loopback(lambda asked: said) as server:
        reached = Access("", cluster=connect(server, folder), **access)
        found = ExternalMetrics(requests.Session(), reached).measure(QUERY, AT, MINUTE)
        return found, server.asked


def test_without_an_address_this_cluster_is_asked_with_the_drivers_rights(tmp_path: Path) -> None:
    found, [asked] = of_this_cluster(tmp_path, answer("500m"))
    assert found == Measured(0.5, AT)
    assert (path(asked), parameters(asked)) == (
        f"{API}/shop/errors",
        [("labelSelector", "app=podinfo,tier!=x")],
    )


@pytest.mark.parametrize("said", [answer(), Answer(404)])
def test_a_metric_that_nobody_has_is_no_data(tmp_path: Path, said: Answer) -> None:
    assert of_this_cluster(tmp_path, said)[0] == NothingMeasured()


def test_a_refusal_of_this_cluster_is_a_failure(tmp_path: Path) -> None:
    found, _ = of_this_cluster(tmp_path, Answer(403, {"kind": "Status", "message": "not for you"}))
    assert isinstance(found, QueryFailed)
    assert "not for you" in found.detail
    assert not found.away


def test_a_token_without_an_address_is_told(tmp_path: Path) -> None:
    found, asked = of_this_cluster(tmp_path, answer("1"), secret={"token": "t"})
    assert found == QueryFailed("a token is for a cluster with an address; name it, or take the token out")
    assert asked == []


def test_the_probe_asks_for_a_metric_that_need_not_be_there() -> None:
    said, asked = probed("externalmetrics", answer())
    assert (said, path(asked)) == ("", f"{API}/kube-system/dummy-metric")
