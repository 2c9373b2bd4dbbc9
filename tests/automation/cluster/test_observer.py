"""Live objects as decisions see them."""

from __future__ import annotations

from typing import Any

import pytest

from automation.cluster.observer import (
    live_route,
    owner_of,
    selected,
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
    assert owner_of(("f:spec", "f:http"), route(80, 20, managers)) == owner


def test_the_direct_patch_changes_weights_and_attempt_and_nothing_else() -> None:
    intent = Intent(Purpose.ROLLBACK, Placement("a-2", "primary", ALL_ON_PRIMARY, "rev"), "back")
    live = route(80, 20)
    patched = with_traffic(live, canary(), intent)
    expected = route(100, 0)
    assert patched["spec"] == expected["spec"]
    assert patched["metadata"]["annotations"] == {"sluice.delivery/attempt": "a-2", "mine": "yes"}
    assert "uid" not in patched["metadata"]
    assert live == route(80, 20)


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
