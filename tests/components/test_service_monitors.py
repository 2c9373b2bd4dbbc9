"""ServiceMonitors as scrape jobs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Problem
from components.service_monitors import jobs, problems

MONITOR: Manifest = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "ServiceMonitor",
    "metadata": {
        "name": "ingress-nginx-controller",
        "namespace": "ingress-nginx",
        "labels": {"release": "kps"},
    },
    "spec": {
        "endpoints": [{"port": "metrics", "interval": "10s"}],
        "selector": {
            "matchLabels": {
                "app.kubernetes.io/name": "ingress-nginx",
                "app.kubernetes.io/component": "controller",
            }
        },
    },
}
LABEL = "__meta_kubernetes_service_label"


def changed(**spec: Any) -> Manifest:
    monitor = deepcopy(MONITOR)
    monitor["spec"].update(spec)
    return monitor


def rules(monitor: Manifest) -> list[Manifest]:
    (job,) = jobs(monitor, "monitoring")
    return list(job["relabel_configs"])


def test_a_monitor_is_a_job_for_each_endpoint() -> None:
    monitor = changed(
        endpoints=[
            {"port": "metrics", "interval": "10s"},
            {
                "targetPort": 9113,
                "path": "/stats",
                "scheme": "https",
                "honorLabels": True,
                "params": {"a": ["b"]},
            },
        ]
    )
    first, second = jobs(monitor, "monitoring")
    assert first["job_name"] == "serviceMonitor/ingress-nginx/ingress-nginx-controller/0"
    assert first["scrape_interval"] == "10s"
    assert first["kubernetes_sd_configs"] == [
        {"role": "endpointslice", "namespaces": {"names": ["ingress-nginx"]}}
    ]
    assert first["relabel_configs"] == [
        {
            "action": "keep",
            "source_labels": [
                f"{LABEL}_app_kubernetes_io_component",
                f"{LABEL}present_app_kubernetes_io_component",
            ],
            "regex": "(controller);true",
        },
        {
            "action": "keep",
            "source_labels": [f"{LABEL}_app_kubernetes_io_name", f"{LABEL}present_app_kubernetes_io_name"],
            "regex": r"(ingress\-nginx);true",
        },
        {
            "source_labels": ["__meta_kubernetes_endpointslice_port_name"],
            "action": "keep",
            "regex": "metrics",
        },
        {"source_labels": ["__meta_kubernetes_pod_phase"], "action": "drop", "regex": "(Failed|Succeeded)"},
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": ["__meta_kubernetes_service_name"], "target_label": "service"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
        {"source_labels": ["__meta_kubernetes_pod_container_name"], "target_label": "container"},
        {"source_labels": ["__meta_kubernetes_service_name"], "target_label": "job"},
        {"target_label": "endpoint", "replacement": "metrics"},
    ]
    asked = ("scrape_interval", "metrics_path", "scheme", "honor_labels", "params")
    assert {name: second[name] for name in asked if name in second} == {
        "metrics_path": "/stats",
        "scheme": "https",
        "honor_labels": True,
        "params": {"a": ["b"]},
    }
    number = {
        "source_labels": ["__meta_kubernetes_pod_container_port_number"],
        "action": "keep",
        "regex": "9113",
    }
    assert number in second["relabel_configs"]


@pytest.mark.parametrize(
    ("selector", "discovered"),
    [
        ({"any": True}, {"role": "endpointslice"}),
        (
            {"matchNames": ["shop", "test"]},
            {"role": "endpointslice", "namespaces": {"names": ["shop", "test"]}},
        ),
        ({}, {"role": "endpointslice", "namespaces": {"names": ["ingress-nginx"]}}),
    ],
)
def test_where_services_are_looked_for(selector: Manifest, discovered: Manifest) -> None:
    (job,) = jobs(changed(namespaceSelector=selector), "monitoring")
    assert job["kubernetes_sd_configs"] == [discovered]


def test_a_monitor_without_a_namespace_looks_where_prometheus_is() -> None:
    monitor = deepcopy(MONITOR)
    del monitor["metadata"]["namespace"]
    (job,) = jobs(monitor, "monitoring")
    assert job["kubernetes_sd_configs"][0]["namespaces"] == {"names": ["monitoring"]}


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        (
            {"key": "app", "operator": "In", "values": ["a.b", "c"]},
            {
                "action": "keep",
                "source_labels": [f"{LABEL}_app", f"{LABEL}present_app"],
                "regex": r"(a\.b|c);true",
            },
        ),
        (
            {"key": "app", "operator": "NotIn", "values": ["a"]},
            {"action": "drop", "source_labels": [f"{LABEL}_app", f"{LABEL}present_app"], "regex": "(a);true"},
        ),
        (
            {"key": "app", "operator": "Exists"},
            {"action": "keep", "source_labels": [f"{LABEL}present_app"], "regex": "true"},
        ),
        (
            {"key": "app", "operator": "DoesNotExist"},
            {"action": "drop", "source_labels": [f"{LABEL}present_app"], "regex": "true"},
        ),
    ],
)
def test_services_are_selected_by_expressions(expression: Manifest, rule: Manifest) -> None:
    assert rules(changed(selector={"matchExpressions": [expression]}))[0] == rule


def test_labels_of_services_and_pods_and_rules_of_ones_own() -> None:
    monitor = changed(
        jobLabel="app.kubernetes.io/name",
        targetLabels=["team"],
        podTargetLabels=["version"],
        endpoints=[
            {
                "relabelings": [{"sourceLabels": ["a"], "targetLabel": "b", "action": "Replace"}],
                "metricRelabelings": [{"sourceLabels": ["__name__"], "regex": "go_.*", "action": "Drop"}],
            }
        ],
    )
    (job,) = jobs(monitor, "monitoring")
    copied = {"regex": "(.+)", "replacement": "$1"}
    assert job["relabel_configs"][-4:] == [
        {"source_labels": [f"{LABEL}_team"], "target_label": "team", **copied},
        {"source_labels": ["__meta_kubernetes_pod_label_version"], "target_label": "version", **copied},
        {"source_labels": [f"{LABEL}_app_kubernetes_io_name"], "target_label": "job", **copied},
        {"source_labels": ["a"], "target_label": "b", "action": "replace"},
    ]
    assert job["metric_relabel_configs"] == [
        {"source_labels": ["__name__"], "regex": "go_.*", "action": "drop"}
    ]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            {"endpoints": [{"port": 80}]},
            Problem("spec.endpoints[0].port", "is a number, not text", "write text"),
        ),
        (
            {"endpoints": [{"port": "web", "bearerTokenFile": "/t"}]},
            Problem(
                "spec.endpoints[0].bearerTokenFile",
                "is not read here",
                "take it out; known: honorLabels, honorTimestamps, interval, metricRelabelings, params, path, port, "
                "relabelings, scheme, scrapeTimeout, targetPort",
            ),
        ),
        (
            {"selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}},
            Problem(
                "spec.selector.matchExpressions[0].operator",
                "'Like' is no operator",
                "use one of In, NotIn, Exists, DoesNotExist",
            ),
        ),
    ],
)
def test_what_can_not_be_read_is_told(spec: Manifest, problem: Problem) -> None:
    assert problems(changed(**spec)) == (problem,)


def test_the_chart_s_monitor_can_be_read() -> None:
    assert problems(MONITOR) == ()
