"""Live objects as decisions see them."""

from __future__ import annotations

from typing import Any

import pytest

from automation.cluster.observer import (
    backend_problems,
    live_route,
    owner_of_rules,
    port_problems,
    selected,
    workload,
)
from automation.core.observation import Target, Workload
from automation.core.spec import Canary
from automation.core.status import Intent, Placement, Purpose
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from automation.updates.placer import with_traffic
from documents.front import canary_of


def canary(target_port: int | str = 9898) -> Canary:
    return canary_of(
        {
            "apiVersion": "flagger.app/v1beta1",
            "kind": "Canary",
            "metadata": {"name": "podinfo", "namespace": "test"},
            "spec": {
                "provider": "apisix",
                "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "podinfo"},
                "routeRef": {"apiVersion": "apisix.apache.org/v2", "kind": "ApisixRoute", "name": "podinfo"},
                "service": {"port": 80, "targetPort": target_port},
                "analysis": {"interval": "10s", "threshold": 10, "stepWeight": 10},
            },
        }
    )


def route(primary: int, weight: int, managers: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixRoute",
        "metadata": {
            "name": "podinfo-podinfo-canary",
            "namespace": "test",
            "uid": "u",
            "annotations": {"sluice.delivery/attempt": "a-1", "mine": "yes"},
            "managedFields": [
                {"manager": manager, "subresource": subresource, "fieldsV1": {"f:spec": {"f:http": {}}}}
                for manager, subresource in managers or [("sluice", "")]
            ],
        },
        "spec": {
            "http": [
                {
                    "name": "method",
                    "unheard_of": True,
                    "backends": [
                        {"serviceName": "podinfo-primary", "servicePort": 80, "weight": primary},
                        {"serviceName": "podinfo-canary", "servicePort": 80, "weight": weight},
                    ],
                }
            ]
        },
    }


def test_weights_and_attempt_are_read_from_the_live_route() -> None:
    seen = live_route(route(80, 20), canary())
    assert (seen.traffic, seen.attempt, seen.differs, seen.changed_by) == (Traffic(20), "a-1", False, "")


def test_weights_that_do_not_sum_to_100_are_a_difference() -> None:
    assert live_route(route(50, 20), canary()).differs


@pytest.mark.parametrize(
    ("managers", "owner"),
    [
        pytest.param([("sluice", "")], "", id="ours by server-side apply"),
        pytest.param([("pulumi-kubernetes", "")], "", id="ours as it was created"),
        pytest.param([("kubectl-edit", "")], "kubectl-edit", id="taken over by a person"),
        pytest.param([("sluice", ""), ("argocd", "")], "", id="shared: nothing differs"),
        pytest.param([("sluice", ""), ("controller", "status")], "", id="status is the controller's"),
    ],
)
def test_who_owns_the_rules(managers: list[tuple[str, str]], owner: str) -> None:
    assert owner_of_rules(route(80, 20, managers)) == owner


def test_the_direct_patch_changes_weights_and_attempt_and_nothing_else() -> None:
    intent = Intent(Purpose.ROLLBACK, Placement("a-2", "primary", ALL_ON_PRIMARY, "rev"), "back")
    live = route(80, 20)
    patched = with_traffic(live, canary(), intent)
    expected = route(100, 0)
    assert patched["spec"] == expected["spec"]
    assert patched["metadata"]["annotations"] == {"sluice.delivery/attempt": "a-2", "mine": "yes"}
    assert "uid" not in patched["metadata"]
    assert live == route(80, 20)


def deployment(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "podinfo", "generation": 3, "annotations": {"sluice.delivery/revision": "rev"}},
        "spec": {"replicas": 0, "template": {"spec": {"containers": [{"image": "podinfo:6.0.0"}]}}},
        "status": status,
    }


def test_a_deployment_is_counted_and_an_idle_one_is_at_zero() -> None:
    seen = workload(deployment(observedGeneration=3, replicas=2, updatedReplicas=1, availableReplicas=1))
    assert (seen.replicas, seen.running, seen.updated, seen.available) == (0, 2, 1, 1)
    assert (seen.generation, seen.observed_generation, seen.revision) == (3, 3, "rev")
    assert seen.image == "podinfo:6.0.0"


@pytest.mark.parametrize(
    ("selector", "apex"),
    [
        ({"app": "podinfo"}, "target"),
        ({"app": "podinfo-primary"}, "primary"),
        ({"app": "other"}, None),
        ({}, None),
    ],
)
def test_whom_the_apex_selects(selector: dict[str, str], apex: str | None) -> None:
    target = Target(Workload("podinfo", 1, 1, 1, 1), "rev", label="app", value="podinfo")
    assert selected({"spec": {"selector": selector}}, target) == apex


@pytest.mark.parametrize(("port", "fits"), [(9898, True), ("http", True), (8080, False), ("grpc", False)])
def test_a_target_port_that_no_container_has_is_said(port: int | str, fits: bool) -> None:
    template = {"spec": {"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 9898}]}]}}
    problems = port_problems(canary(port), template)
    assert bool(problems) is not fits
    assert all("9898, http" in problem for problem in problems)


def test_containers_that_declare_no_ports_may_have_any() -> None:
    assert port_problems(canary(8080), {"spec": {"containers": [{"name": "c"}]}}) == []


@pytest.mark.parametrize(
    ("backends", "said"),
    [
        pytest.param([("podinfo", 80)], "", id="to the apex Service"),
        pytest.param([("podinfo", "http")], "", id="to its port by name"),
        pytest.param([("other", 80), ("podinfo", 80)], "", id="to others, too"),
        pytest.param([("other", 80)], "the route names: other", id="to somebody else"),
        pytest.param([], "the route names: none", id="to nobody"),
        pytest.param([("podinfo", 81)], "set servicePort to 80", id="to a port that isn't there"),
    ],
)
def test_a_source_route_must_lead_to_the_apex_service(
    backends: list[tuple[str, int | str]], said: str
) -> None:
    rules = [{"backends": [{"serviceName": name, "servicePort": port}]} for name, port in backends]
    source = {"metadata": {"name": "podinfo"}, "spec": {"http": rules}}
    problems = backend_problems(canary(), source)
    assert [said in problem for problem in problems] == ([True] if said else [])
