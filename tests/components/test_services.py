"""The three Services."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from components import services
from tests.components.documents import OWNER, canary, target
from workloads.selector import Selector, selector_of

CHOSEN = Selector("app", "podinfo")


def made(apex: str = "primary", **service: Any) -> dict[str, Manifest]:
    declared = canary(service={"port": 80, "targetPort": 9898, **service})
    found = services.services(declared, CHOSEN, apex, target(), OWNER)
    return {item["metadata"]["name"]: item for item in found}


def test_canary_and_primary_select_by_one_label() -> None:
    found = made()
    assert found["podinfo-canary"]["spec"]["selector"] == {"app": "podinfo"}
    assert found["podinfo-primary"]["spec"]["selector"] == {"app": "podinfo-primary"}
    assert found["podinfo-primary"]["metadata"]["labels"] == {"app": "podinfo-primary"}


@pytest.mark.parametrize(("apex", "value"), [("target", "podinfo"), ("primary", "podinfo-primary")])
def test_the_apex_selects_whom_the_placement_says(apex: str, value: str) -> None:
    assert made(apex)["podinfo"]["spec"]["selector"] == {"app": value}


def test_the_declared_port_leads_to_the_target_port() -> None:
    assert made()["podinfo"]["spec"] == {
        "type": "ClusterIP",
        "selector": {"app": "podinfo-primary"},
        "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 9898}],
    }


def test_other_ports_of_the_target_are_discovered() -> None:
    ports = made(portDiscovery=True)["podinfo"]["spec"]["ports"]
    assert [(port["name"], port["port"]) for port in ports] == [
        ("http", 80),
        ("http-metrics", 9797),
        ("grpc", 9999),
    ]


def test_headless_services_have_no_address() -> None:
    assert made(headless=True)["podinfo"]["spec"]["clusterIP"] == "None"


def test_flux_leaves_them_alone_and_own_metadata_is_kept() -> None:
    metadata = made(apex="target", canary={"labels": {"team": "web"}, "annotations": {"a": "b"}})[
        "podinfo-canary"
    ]["metadata"]
    assert metadata["labels"] == {"team": "web", "app": "podinfo-canary"}
    assert metadata["annotations"] == {
        "a": "b",
        "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
        "helm.toolkit.fluxcd.io/driftDetection": "disabled",
        "pulumi.com/skipAwait": "true",
        "pulumi.com/patchForce": "true",
        "pulumi.com/patchFieldManager": "sluice",
    }
    assert metadata["ownerReferences"] == [OWNER]


def test_somebody_else_s_apex_gets_ports_and_selector_only() -> None:
    patch = services.takeover(canary(), made()["podinfo"], {"spec": {"ports": []}})
    assert set(patch["spec"]) == {"ports", "selector"}
    assert set(patch["metadata"]) == {"name", "namespace", "annotations"}


def test_a_port_name_that_the_target_lacks_is_refused_with_the_names_it_has() -> None:
    with pytest.raises(
        Refused,
        match=r"podinfo.test has no container port web; use one of its ports: .*http, http-metrics, grpc",
    ):
        made(targetPort="web")


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        ({"app": "shop"}, Selector("app", "shop")),
        (
            {"app.kubernetes.io/name": "shop", "name": "web"},
            Selector("name", "web", (("app.kubernetes.io/name", "shop"),)),
        ),
        (
            {"app.kubernetes.io/name": "shop", "tier": "web"},
            Selector("app.kubernetes.io/name", "shop", (("tier", "web"),)),
        ),
    ],
    ids=["app", "name goes before the long form", "long form"],
)
def test_one_label_of_the_target_tells_apart_and_all_select(labels: dict[str, str], chosen: Selector) -> None:
    manifest = target()
    manifest["spec"]["selector"]["matchLabels"] = labels
    assert selector_of(manifest) == chosen


def test_a_target_without_a_usable_label_is_refused_with_the_model_s_text() -> None:
    manifest = target()
    manifest["spec"]["selector"]["matchLabels"] = {"tier": "web"}
    wanted = r"podinfo.test spec.selector.matchLabels must contain one of \[app name app.kubernetes.io/name\]"
    with pytest.raises(Refused, match=wanted):
        selector_of(manifest)


def test_discovered_ports_never_collide() -> None:
    pods = target()
    pods["spec"]["template"]["spec"]["containers"] = [
        {
            "name": "app",
            "ports": [{"name": "http", "containerPort": 9090}, {"name": "web", "containerPort": 9898}],
        },
        {"name": "side", "ports": [{"name": "web", "containerPort": 7000}, {"containerPort": 9090}]},
    ]
    declared = canary(service={"port": 80, "targetPort": 9898, "portDiscovery": True})
    ports = services.ports(declared, pods)
    names, numbers = [port["name"] for port in ports], [port["port"] for port in ports]
    assert (names, numbers) == (["http", "http-9090", "web"], [80, 9090, 7000])


def test_a_name_that_was_made_for_a_port_may_be_somebody_elses() -> None:
    pods = target()
    ports = [{"name": "http-9090", "containerPort": 1}, {"name": "http", "containerPort": 9090}]
    pods["spec"]["template"]["spec"]["containers"] = [{"name": "app", "ports": ports}]
    declared = canary(service={"port": 80, "targetPort": 1, "portDiscovery": True})
    pods["spec"]["template"]["spec"]["containers"].append({"name": "c" * 63, "ports": [{"containerPort": 7}]})
    names = [port["name"] for port in services.ports(declared, pods)]
    assert len(names) == len(set(names)) == 3
    assert max(map(len, names)) <= 63
