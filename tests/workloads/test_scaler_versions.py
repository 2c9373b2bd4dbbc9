"""Autoscalers of earlier versions say the same in the words of v2."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from workloads.scaler_versions import current, warning

BOUNDS = {"scaleTargetRef": {"name": "podinfo"}, "minReplicas": 1, "maxReplicas": 5}
INGRESS = {"kind": "Ingress", "name": "shop"}


def scaler(version: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "podinfo-total"},
        "spec": {**BOUNDS, **spec},
    }


def cpu(kind: str, **target: Any) -> Manifest:
    return {"type": "Resource", "resource": {"name": "cpu", "target": {"type": kind, **target}}}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (scaler("v1"), scaler("v2")),
        (
            scaler("v1", targetCPUUtilizationPercentage=99),
            scaler("v2", metrics=[cpu("Utilization", averageUtilization=99)]),
        ),
        (
            scaler("v2beta2", metrics=[cpu("Utilization", averageUtilization=99)]),
            scaler("v2", metrics=[cpu("Utilization", averageUtilization=99)]),
        ),
        (
            scaler(
                "v2beta1",
                metrics=[{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 99}}],
            ),
            scaler("v2", metrics=[cpu("Utilization", averageUtilization=99)]),
        ),
        (
            scaler(
                "v2beta1",
                metrics=[{"type": "Resource", "resource": {"name": "cpu", "targetAverageValue": "100m"}}],
            ),
            scaler("v2", metrics=[cpu("AverageValue", averageValue="100m")]),
        ),
        (
            scaler(
                "v2beta1",
                metrics=[{"type": "Pods", "pods": {"metricName": "requests", "targetAverageValue": "10"}}],
            ),
            scaler(
                "v2",
                metrics=[
                    {
                        "type": "Pods",
                        "pods": {
                            "metric": {"name": "requests"},
                            "target": {"type": "AverageValue", "averageValue": "10"},
                        },
                    }
                ],
            ),
        ),
        (
            scaler(
                "v2beta1",
                metrics=[
                    {
                        "type": "Object",
                        "object": {"target": INGRESS, "metricName": "hits", "targetValue": "2k"},
                    }
                ],
            ),
            scaler(
                "v2",
                metrics=[
                    {
                        "type": "Object",
                        "object": {
                            "describedObject": INGRESS,
                            "metric": {"name": "hits"},
                            "target": {"type": "Value", "value": "2k"},
                        },
                    }
                ],
            ),
        ),
        (
            scaler(
                "v2beta1",
                metrics=[
                    {
                        "type": "External",
                        "external": {
                            "metricName": "queue",
                            "metricSelector": {"matchLabels": {"name": "orders"}},
                            "targetAverageValue": "30",
                        },
                    }
                ],
            ),
            scaler(
                "v2",
                metrics=[
                    {
                        "type": "External",
                        "external": {
                            "metric": {"name": "queue", "selector": {"matchLabels": {"name": "orders"}}},
                            "target": {"type": "AverageValue", "averageValue": "30"},
                        },
                    }
                ],
            ),
        ),
    ],
    ids=[
        "v1 alone",
        "v1 with CPU",
        "v2beta2",
        "utilisation",
        "resource by value",
        "pods",
        "object",
        "external",
    ],
)
def test_an_earlier_version_is_read_as_v2(written: Manifest, read: Manifest) -> None:
    assert current(written) == read


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("v1", ""),
        ("v2", ""),
        (
            "v2beta2",
            "HorizontalPodAutoscaler podinfo-total: Kubernetes has no autoscaling/v2beta2 any more; "
            "it is read as autoscaling/v2",
        ),
    ],
)
def test_what_kubernetes_would_not_take_is_told(version: str, told: str) -> None:
    assert warning(scaler(version)) == told


def test_what_is_no_autoscaler_is_left_alone() -> None:
    other = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "podinfo"}}

    assert current(other) is other
    assert warning(other) == ""
