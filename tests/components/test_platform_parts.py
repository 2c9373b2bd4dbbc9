"""Definitions, gateway, Prometheus, load tester and podinfo as plain objects."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from automation.core.kinds import Manifest
from components import apisix, apisix_manifests, definitions, podinfo, prometheus
from components.apisix_manifests import ManifestArgs
from components.backend import Resources
from tests.components import documents

SMALL = Resources("50m", "64Mi", "1", "512Mi")


def definition(name: str) -> Manifest:
    groups = ("flagger.app", "apisix.apache.org", "argoproj.io")
    every = [document for group in groups for document in definitions.documents(group)]
    return next(item for item in every if item["metadata"]["name"] == name)


def version(name: str) -> Manifest:
    found: Manifest = definition(name)["spec"]["versions"][0]
    return found


def test_the_model_s_kinds_are_defined() -> None:
    names = [item["metadata"]["name"] for item in definitions.documents("flagger.app")]
    assert names == ["alertproviders.flagger.app", "canaries.flagger.app", "metrictemplates.flagger.app"]


def test_canaries_show_the_model_s_columns() -> None:
    columns = version("canaries.flagger.app")["additionalPrinterColumns"]
    shown = [column["name"] for column in columns if not column.get("priority")]
    wide = [column["name"] for column in columns if column.get("priority") == 1]
    assert shown == ["Status", "Weight", "LastTransitionTime"]
    assert wide == [
        "Suspended",
        "FailedChecks",
        "Interval",
        "Mirror",
        "StepWeight",
        "StepWeights",
        "MaxWeight",
    ]
    assert version("canaries.flagger.app")["subresources"] == {"status": {}}


@pytest.mark.parametrize(
    "name",
    [
        item["metadata"]["name"]
        for group in ("flagger.app", "apisix.apache.org")
        for item in definitions.documents(group)
    ],
)
def test_definitions_name_themselves_as_the_api_server_wants(name: str) -> None:
    spec = definition(name)["spec"]
    assert name == f"{spec['names']['plural']}.{spec['group']}"
    assert sum(item["storage"] for item in spec["versions"]) == 1


@pytest.mark.parametrize(("text", "accepted"), [("10s", True), ("1m", True), ("1h", False), ("ten", False)])
def test_durations_are_minutes_or_seconds(text: str, accepted: bool) -> None:
    schema = version("canaries.flagger.app")["schema"]["openAPIV3Schema"]["properties"]["spec"]
    pattern = schema["properties"]["analysis"]["properties"]["interval"]["pattern"]
    assert bool(re.search(pattern, text)) is accepted


def manifests(**fields: Any) -> dict[tuple[str, str], Manifest]:
    known: dict[str, Any] = {
        "gateway_image": "apache/apisix:3.14.1-debian",
        "controller_image": "apache/apisix-ingress-controller:2.0.1",
        "admin_key": "key",
        "resources": SMALL,
    }
    args = ManifestArgs(**(known | fields))
    every = (*apisix_manifests.foundation("apisix", args), *apisix_manifests.workloads("apisix", args))
    return {(item["kind"], item["metadata"]["name"]): item for item in every}


def test_the_gateway_is_scraped_as_the_article_says() -> None:
    made = manifests()
    template = made["Deployment", "apisix"]["spec"]["template"]
    assert (
        template["metadata"]["annotations"].items()
        >= {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": "9091",
            "prometheus.io/path": "/apisix/prometheus/metrics",
        }.items()
    )
    configuration = yaml.safe_load(made["ConfigMap", "apisix"]["data"]["config.yaml"])
    assert configuration["plugin_attr"]["prometheus"] == {
        "export_addr": {"ip": "0.0.0.0", "port": 9091},
        "export_uri": "/apisix/prometheus/metrics",
        "metric_prefix": "apisix_",
    }


def test_the_gateway_answers_where_hooks_address_it() -> None:
    ports = manifests()["Service", "apisix-gateway"]["spec"]["ports"]
    assert ports == [{"name": "http", "port": 80, "targetPort": "http"}]


def test_the_admin_key_is_nowhere_but_in_the_secret() -> None:
    made = manifests(admin_key="very-secret")
    holders = [name for name, item in made.items() if "very-secret" in yaml.safe_dump(item)]
    assert holders == [("Secret", "apisix-admin")]


def test_the_synchroniser_runs_beside_the_controller_where_one_is_named() -> None:
    made = manifests(synchroniser_image="ghcr.io/api7/adc:0.24.2")
    containers = made["Deployment", "apisix-ingress-controller"]["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == ["manager", "adc-server"]


def test_the_chart_gets_the_article_s_values_and_one_s_own_on_top() -> None:
    assert apisix.chart_values("apisix", {"apisix": {"replicaCount": 2}}) == {
        "apisix": {
            "podAnnotations": {
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9091",
                "prometheus.io/path": "/apisix/prometheus/metrics",
            },
            "replicaCount": 2,
        },
        "pluginAttrs": {
            "prometheus": {
                "export_addr": {"ip": "0.0.0.0", "port": 9091},
                "export_uri": "/apisix/prometheus/metrics",
                "metric_prefix": "apisix_",
            }
        },
        "ingress-controller": {"enabled": True, "config": {"apisix": {"serviceNamespace": "apisix"}}},
    }


def test_prometheus_names_pods_as_the_model_s_queries_do() -> None:
    (job,) = prometheus.scrape_configuration("1s")["scrape_configs"]
    targets = {rule.get("target_label") for rule in job["relabel_configs"]}
    assert {"kubernetes_namespace", "kubernetes_pod_name", "__metrics_path__", "__address__"} <= targets
    assert job["kubernetes_sd_configs"] == [{"role": "pod"}]


def test_podinfo_is_the_example_s_workload() -> None:
    made = podinfo.deployment(podinfo.PodinfoArgs("test", "stefanprodan/podinfo:6.0.0", SMALL))
    example = documents.target()
    made_pod, example_pod = made["spec"]["template"]["spec"], example["spec"]["template"]["spec"]
    for field in ("name", "image", "ports", "command", "env", "livenessProbe", "readinessProbe"):
        assert made_pod["containers"][0][field] == example_pod["containers"][0][field], field
    assert made["spec"]["selector"] == example["spec"]["selector"]
    assert "replicas" not in made["spec"]
    args = podinfo.PodinfoArgs("test", "stefanprodan/podinfo:6.0.0", SMALL)
    assert podinfo.autoscaler(args) == documents.autoscaler()
