"""ServiceMonitors of the Prometheus operator, as scrape jobs of a Prometheus that no operator configures. Pure.

The rules are those of the operator's ServiceMonitor v1: each endpoint is a job, Services are selected by labels in the
namespaces that are named (its own where none is), and targets carry namespace, service, pod, container and endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Manifest
from automation.core.refusal import Problem
from automation.core.shape import LABELS, METADATA, PORT, TEXT, TRUTH, Items, Named, fields, flaws

_EXPRESSION = fields("key", "operator", key=TEXT, operator=TEXT, values=Items(TEXT))
_ENDPOINT = fields(
    port=TEXT,
    targetPort=PORT,
    path=TEXT,
    scheme=TEXT,
    interval=TEXT,
    scrapeTimeout=TEXT,
    honorLabels=TRUTH,
    honorTimestamps=TRUTH,
    params=Named(Items(TEXT)),
    relabelings=Items(fields()),
    metricRelabelings=Items(fields()),
)
_SPEC = fields(
    "selector",
    "endpoints",
    selector=fields(matchLabels=LABELS, matchExpressions=Items(_EXPRESSION)),
    endpoints=Items(_ENDPOINT),
    namespaceSelector=fields(any=TRUTH, matchNames=Items(TEXT)),
    jobLabel=TEXT,
    targetLabels=Items(TEXT),
    podTargetLabels=Items(TEXT),
    sampleLimit=fields(),
)
SHAPE = fields("spec", apiVersion=TEXT, metadata=METADATA, spec=_SPEC)
"""What is relied on in a ServiceMonitor."""

KIND = "ServiceMonitor"
_READ = {
    "spec": {*_SPEC.fields} - {"sampleLimit"},
    "spec.endpoints[]": {*_ENDPOINT.fields},
}
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_SERVICE, _POD = "__meta_kubernetes_service_label", "__meta_kubernetes_pod_label"
_RELABELLING = {
    "sourceLabels": "source_labels",
    "separator": "separator",
    "targetLabel": "target_label",
    "regex": "regex",
    "modulus": "modulus",
    "replacement": "replacement",
    "action": "action",
}
"""Fields of the operator's RelabelConfig -> those of Prometheus."""


def problems(monitor: Manifest) -> tuple[Problem, ...]:
    """What keeps a document from being read as a ServiceMonitor."""
    return tuple(flaws(monitor, SHAPE)) or tuple(_unread(monitor["spec"]))


def jobs(monitor: Manifest, namespace: str) -> tuple[Manifest, ...]:
    """A scrape job for each endpoint of a monitor without `problems`; `namespace` is its own where it names none."""
    spec, metadata = monitor["spec"], monitor["metadata"]
    own = metadata.get("namespace", namespace)
    return tuple(
        _job(f"serviceMonitor/{own}/{metadata['name']}/{index}", spec, endpoint, own)
        for index, endpoint in enumerate(spec["endpoints"])
    )


def _unread(spec: Manifest) -> Iterator[Problem]:
    """What would change which samples there are, and is not done."""
    at = {"spec": spec} | {f"spec.endpoints[{index}]": one for index, one in enumerate(spec["endpoints"])}
    for path, value in at.items():
        for name in sorted(set(value) - _READ[re.sub(r"\d+", "", path)]):
            known = ", ".join(sorted(_READ[re.sub(r"\d+", "", path)]))
            yield Problem(f"{path}.{name}", "is not read here", f"take it out; known: {known}")
    for index, one in enumerate(spec["selector"].get("matchExpressions") or ()):
        if one["operator"] not in _OPERATORS:
            path = f"spec.selector.matchExpressions[{index}].operator"
            yield Problem(path, f"{one['operator']!r} is no operator", f"use one of {', '.join(_OPERATORS)}")


def _job(name: str, spec: Manifest, endpoint: Manifest, namespace: str) -> Manifest:
    asked = {
        "honor_labels": endpoint.get("honorLabels"),
        "honor_timestamps": endpoint.get("honorTimestamps"),
        "scrape_interval": endpoint.get("interval"),
        "scrape_timeout": endpoint.get("scrapeTimeout"),
        "metrics_path": endpoint.get("path"),
        "scheme": endpoint.get("scheme"),
        "params": endpoint.get("params"),
    }
    relabelled = [
        *_selected(spec["selector"]),
        *_ports(endpoint),
        {"source_labels": ["__meta_kubernetes_pod_phase"], "action": "drop", "regex": "(Failed|Succeeded)"},
        *_named(spec, endpoint),
        *map(_relabelling, endpoint.get("relabelings") or ()),
    ]
    job: Manifest = {
        "job_name": name,
        **{field: value for field, value in asked.items() if value is not None},
        "kubernetes_sd_configs": [{"role": "endpointslice", **_namespaces(spec, namespace)}],
        "relabel_configs": relabelled,
    }
    kept = [_relabelling(one) for one in endpoint.get("metricRelabelings") or ()]
    return {**job, "metric_relabel_configs": kept} if kept else job


def _namespaces(spec: Manifest, own: str) -> Manifest:
    selector = spec.get("namespaceSelector") or {}
    if selector.get("any"):
        return {}
    return {"namespaces": {"names": list(selector.get("matchNames") or [own])}}


def _selected(selector: Manifest) -> Iterator[dict[str, Any]]:
    for key, value in sorted((selector.get("matchLabels") or {}).items()):
        yield _keep(key, "keep", [value])
    for one in selector.get("matchExpressions") or ():
        keep = "keep" if one["operator"] in ("In", "Exists") else "drop"
        yield _keep(one["key"], keep, one.get("values") or ())


def _keep(label: str, action: str, values: Sequence[str]) -> dict[str, Any]:
    """Services with a label of one of these values, of any where there are none."""
    name = _safe(label)
    present = {"source_labels": [f"{_SERVICE}present_{name}"], "regex": "true"}
    listed = "|".join(map(re.escape, values))
    valued = {
        "source_labels": [f"{_SERVICE}_{name}", f"{_SERVICE}present_{name}"],
        "regex": f"({listed});true",
    }
    return {"action": action, **(valued if values else present)}


def _ports(endpoint: Manifest) -> Iterator[dict[str, Any]]:
    if port := endpoint.get("port"):
        yield _exactly("__meta_kubernetes_endpointslice_port_name", port)
        return
    target = endpoint.get("targetPort")
    if target is not None:
        what = "number" if isinstance(target, int) else "name"
        yield _exactly(f"__meta_kubernetes_pod_container_port_{what}", str(target))


def _exactly(label: str, value: str) -> dict[str, Any]:
    return {"source_labels": [label], "action": "keep", "regex": re.escape(value)}


def _named(spec: Manifest, endpoint: Manifest) -> Iterator[dict[str, Any]]:
    """The labels of a target. The job is the Service's name, or its label that `jobLabel` names."""
    for source, target in (
        ("__meta_kubernetes_namespace", "namespace"),
        ("__meta_kubernetes_service_name", "service"),
        ("__meta_kubernetes_pod_name", "pod"),
        ("__meta_kubernetes_pod_container_name", "container"),
        ("__meta_kubernetes_service_name", "job"),
    ):
        yield {"source_labels": [source], "target_label": target}
    for prefix, names in ((_SERVICE, spec.get("targetLabels")), (_POD, spec.get("podTargetLabels"))):
        for name in names or ():
            yield _copied(f"{prefix}_{_safe(name)}", _safe(name))
    if label := spec.get("jobLabel"):
        yield _copied(f"{_SERVICE}_{_safe(label)}", "job")
    port = endpoint.get("port") or endpoint.get("targetPort")
    if port is not None:
        yield {"target_label": "endpoint", "replacement": str(port)}


def _copied(source: str, target: str) -> dict[str, Any]:
    """What a target has; one without the label keeps what it had."""
    return {"source_labels": [source], "target_label": target, "regex": "(.+)", "replacement": "$1"}


def _safe(label: str) -> str:
    """As Prometheus writes the name of a Kubernetes label."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", label)


def _relabelling(one: Mapping[str, Any]) -> dict[str, Any]:
    written = {_RELABELLING.get(name, name): value for name, value in one.items()}
    # Prometheus writes actions small, the operator's documents may not.
    return {**written, "action": str(written["action"]).lower()} if "action" in written else written
