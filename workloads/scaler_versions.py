"""HorizontalPodAutoscalers of earlier versions of `autoscaling`, as the one that every cluster serves has them.

v2beta2 went with Kubernetes 1.26 and differs from v2 in nothing but its name; v2beta1 went with 1.25 and says how a
metric is called and what it is to be in other fields; v1 knows the utilisation of CPUs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automation.core.kinds import Manifest
from workloads.horizontal import AUTOSCALER

CURRENT = AUTOSCALER.api_version
GONE = ("autoscaling/v2beta1", "autoscaling/v2beta2")


def current(document: Manifest) -> Manifest:
    """The document as v2 has it; one of another kind as it is."""
    convert = _CONVERT.get(document.get("apiVersion", ""))
    if document.get("kind") != AUTOSCALER.kind or convert is None:
        return document
    return {**document, "apiVersion": CURRENT, "spec": convert(document["spec"])}


def warning(document: Manifest) -> str:
    """What a person is told of a document that Kubernetes would not take any more; "" of any other."""
    version = document.get("apiVersion", "")
    if document.get("kind") != AUTOSCALER.kind or version not in GONE:
        return ""
    name = document["metadata"]["name"]
    return f"{AUTOSCALER.kind} {name}: Kubernetes has no {version} any more; it is read as {CURRENT}"


def _same(spec: Manifest) -> Manifest:
    return spec


def _v1(spec: Manifest) -> Manifest:
    kept = {field: value for field, value in spec.items() if field != "targetCPUUtilizationPercentage"}
    wanted = spec.get("targetCPUUtilizationPercentage")
    if wanted is None:
        return kept
    target = {"type": "Utilization", "averageUtilization": wanted}
    return {**kept, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]}


def _v2beta1(spec: Manifest) -> Manifest:
    metrics = spec.get("metrics")
    if not isinstance(metrics, list) or not all(isinstance(metric, dict) for metric in metrics):
        return spec  # for the API server to refuse
    return {**spec, "metrics": [_metric(metric) for metric in metrics]}


def _metric(metric: Manifest) -> Manifest:
    """One metric; its fields stand in a section named after its type, with a small letter first."""
    return {
        name: _section(name, value) if isinstance(value, dict) else value for name, value in metric.items()
    }


def _section(name: str, said: Manifest) -> Manifest:
    if name in ("resource", "containerResource"):
        kept: Manifest = {field: said[field] for field in ("name", "container") if field in said}
        return {**kept, "target": _target(said)}
    described = {"describedObject": said["target"]} if "target" in said else {}
    selector = said.get("selector") or said.get("metricSelector")
    metric = {"name": said.get("metricName"), **({"selector": selector} if selector else {})}
    return {**described, "metric": metric, "target": _target(said)}


_TARGETS = {
    "targetAverageUtilization": ("Utilization", "averageUtilization"),
    "targetAverageValue": ("AverageValue", "averageValue"),
    "averageValue": ("AverageValue", "averageValue"),
    "targetValue": ("Value", "value"),
}


def _target(said: Mapping[str, Any]) -> Manifest:
    for field, (kind, name) in _TARGETS.items():
        if said.get(field) is not None:
            return {"type": kind, name: said[field]}
    return {}


_CONVERT: Mapping[str, Callable[[Manifest], Manifest]] = {
    "autoscaling/v1": _v1,
    "autoscaling/v2beta1": _v2beta1,
    "autoscaling/v2beta2": _same,
}
