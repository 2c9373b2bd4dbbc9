"""Keptn's metrics and analyses, in a cluster in memory."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import requests

from automation.core.observation import Answer as Measurement
from automation.core.observation import Measured, NothingMeasured, QueryFailed
from automation.errors import ClusterAway, ClusterRefused
from automation.inmemory.cluster import MemoryCluster
from automation.questions.metrics.access import Access
from automation.questions.metrics.keptn import ANALYSIS, METRIC, Keptn
from tests.automation.questions.metrics.asking import AT, MINUTE

QUERY = "analysis/shop/latency/2m/project=Shop;stage=prod"


def measure(
    cluster: MemoryCluster, query: str, ends: dict[str, Any] | None = None, after: int = 1
) -> Measurement:
    """What is measured where an analysis ends in its `after`-th second, if at all."""
    seconds = 0

    def pause(length: float) -> None:
        nonlocal seconds
        seconds += int(length)
        for analysis in cluster.select(ANALYSIS) if ends and seconds == after else ():
            cluster.put(ANALYSIS, {**copy.deepcopy(analysis), "status": ends})

    access = Access("", cluster=cluster)
    return Keptn(requests.Session(), access, pause, lambda: "a1b2c3").measure(query, AT, MINUTE)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ({"value": "0.5"}, Measured(0.5, AT)),
        ({"value": ""}, NothingMeasured()),
        ({}, NothingMeasured()),
        (
            {"value": "lots"},
            QueryFailed("error unmarshaling result: KeptnMetric.status.value is text, not a number"),
        ),
    ],
)
@pytest.mark.parametrize("query", ["keptnmetric/shop/errors", "KeptnMetrics/shop/errors\n"])
def test_a_metric_is_read(query: str, status: dict[str, Any], found: Measurement) -> None:
    cluster = MemoryCluster()
    cluster.put(METRIC, {"metadata": {"namespace": "shop", "name": "errors"}, "status": status})
    assert measure(cluster, query) == found


def test_a_metric_that_is_not_there_is_told() -> None:
    assert measure(MemoryCluster(), "keptnmetric/shop/errors") == QueryFailed(
        "KeptnMetric errors.shop is not there"
    )


@pytest.mark.parametrize(("passed", "value"), [(True, 1.0), (False, 0.0)])
def test_an_analysis_is_made_looked_at_and_deleted(passed: bool, value: float) -> None:
    cluster, made = MemoryCluster(), []
    cluster.before = lambda verb, kind, body: made.append(body) if verb == "create" else None
    assert measure(cluster, QUERY, {"state": "Completed", "pass": passed}, after=3) == Measured(value, AT)
    assert made == [
        {
            "apiVersion": "metrics.keptn.sh/v1beta1",
            "kind": "Analysis",
            "metadata": {"name": "latency-a1b2c3", "namespace": "shop"},
            "spec": {
                "analysisDefinition": {"name": "latency"},
                "timeframe": {"recent": "2m"},
                "args": {"project": "shop", "stage": "prod"},
            },
        }
    ]
    assert cluster.select(ANALYSIS) == []


def test_the_last_minute_is_looked_at_where_a_query_says_nothing() -> None:
    cluster, made = MemoryCluster(), []
    cluster.before = lambda verb, kind, body: made.append(body) if verb == "create" else None
    measure(cluster, "analysis/shop/latency", {"state": "Completed", "pass": True})
    assert made[0]["spec"]["timeframe"] == {"recent": "1m"}
    assert made[0]["spec"]["args"] == {}


def test_an_analysis_that_does_not_end_is_told_and_deleted() -> None:
    cluster = MemoryCluster()
    assert measure(cluster, QUERY, {"state": "Progressing"}) == QueryFailed(
        "Analysis latency-a1b2c3.shop has not ended within 10s"
    )
    assert cluster.select(ANALYSIS) == []


@pytest.mark.parametrize("query", ["", "keptnmetric", "keptnmetric/shop", "metric/shop/x", "analysis//x"])
def test_a_query_that_is_none_is_told(query: str) -> None:
    found = measure(MemoryCluster(), query)
    assert isinstance(found, QueryFailed)
    assert found.detail.startswith(f"its query {query!r} is neither keptnmetric/NAMESPACE/NAME nor ")


@pytest.mark.parametrize(
    ("error", "away"), [(ClusterAway("gone", ""), True), (ClusterRefused("no", ""), False)]
)
def test_what_the_cluster_refuses_is_told(error: Exception, away: bool) -> None:
    def refuse(verb: str, kind: object, body: object) -> None:
        raise error

    cluster = MemoryCluster()
    cluster.before = refuse
    found = measure(cluster, QUERY)
    assert isinstance(found, QueryFailed)
    assert (found.away, found.detail.startswith("request failed: ")) == (away, True)
