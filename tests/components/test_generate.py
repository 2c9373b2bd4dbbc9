"""Which objects a placement calls for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.status import Placement, Traffic
from components.generate import generate
from components.generated import Generated
from components.inputs import Inputs
from tests.components.documents import OWNER, autoscaler, canary, placement, revision, route, target

NEW = Placement("", "target", Traffic(0), "")


def generated(where: Placement, **known: Any) -> Generated:
    so: dict[str, Any] = {
        "target": target(),
        "uid": "canary-uid",
        "autoscaler": autoscaler(),
        "route": route(),
    }
    return generate(canary(), Inputs(where, **(so | known)))


def names(made: Generated) -> list[str]:
    return [f"{item['kind']}/{item['metadata']['name']}" for item in made.objects]


def test_before_a_revision_is_recorded_there_are_services_and_the_apex_is_on_the_target() -> None:
    made = generated(NEW)
    assert names(made) == ["Service/podinfo-canary", "Service/podinfo-primary", "Service/podinfo"]
    assert made.apex["spec"]["selector"] == {"app": "podinfo"}


def test_initialising_makes_primary_beside_the_target_that_still_serves() -> None:
    made = generated(placement(0, apex="target"), revision=revision())
    assert "Deployment/podinfo-primary" in names(made)
    assert "HorizontalPodAutoscaler/podinfo-primary" not in names(made)  # it would take idle pods away
    assert made.apex["spec"]["selector"] == {"app": "podinfo"}
    assert made.route is None


def test_an_apex_that_leads_to_the_target_stays_when_its_canary_goes() -> None:
    made = generated(placement(0, apex="target"), revision=revision(), leaving=True)
    assert made.apex_stays
    assert "ownerReferences" not in made.apex["metadata"]
    again = generated(placement(0, apex="target"), revision=revision(), apex=made.apex)
    assert not again.apex_is_foreign
    assert again.apex["metadata"]["ownerReferences"] == [OWNER]
    assert generated(placement(0), revision=revision(), leaving=True).apex["metadata"]["ownerReferences"]


def test_once_it_is_retired_nothing_but_the_apex_is_left() -> None:
    assert names(generated(placement(0, apex="target"), leaving=True)) == ["Service/podinfo"]


def test_with_the_apex_on_primary_the_route_is_there() -> None:
    assert names(generated(placement(20), revision=revision())) == [
        "Service/podinfo-canary",
        "Service/podinfo-primary",
        "Deployment/podinfo-primary",
        "HorizontalPodAutoscaler/podinfo-primary",
        "ApisixRoute/podinfo-podinfo-canary",
        "Service/podinfo",
    ]


def test_the_route_carries_attempt_evidence_and_the_fixed_field_manager() -> None:
    made = generated(placement(20), revision=revision()).route
    assert made is not None
    annotations = made["metadata"]["annotations"]
    assert annotations["sluice.delivery/attempt"] == "attempt-1"
    assert annotations["pulumi.com/patchFieldManager"] == "sluice"
    assert annotations["pulumi.com/patchForce"] == "true"
    assert json.loads(annotations["sluice.delivery/evidence"]) == {
        "from": {"primary": 90, "canary": 10},
        "to": {"primary": 80, "canary": 20},
        "checks": [
            {
                "name": "request-success-rate",
                "kind": "metric",
                "passed": True,
                "value": 100.0,
                "min": 99.0,
                "detail": "success rate 100.00%",
            }
        ],
        "approvals": [],
        "measuredAt": "2026-01-31T12:00:00Z",
        "steps": {"stepWeight": 10, "maxWeight": 50},
    }


def test_a_route_that_cannot_be_copied_is_refused_before_anything_moves() -> None:
    with pytest.raises(Refused):
        generated(NEW, route=None)


def test_copies_of_configuration_come_before_the_workload_that_uses_them() -> None:
    recorded: dict[str, Manifest] = {
        "configmap/settings": {"metadata": {"name": "settings-1"}, "data": {"a": "1"}}
    }
    made = names(generated(placement(20), revision=revision(configs=recorded)))
    assert made.index("ConfigMap/settings-primary") < made.index("Deployment/podinfo-primary")


def test_configuration_that_old_pods_may_still_use_is_kept() -> None:
    old: dict[str, Manifest] = {"secret/keys": {"metadata": {"name": "keys-1"}, "data": {"k": "AA=="}}}
    assert "Secret/keys-primary" in names(generated(placement(20), revision=revision(), kept=old))


def test_the_recorded_autoscaler_counts_not_the_live_one() -> None:
    recorded = {"minReplicas": 3, "maxReplicas": 5, "metrics": []}
    made = generated(placement(20), revision=revision(autoscaler=recorded)).autoscaler
    assert made is not None
    assert made["spec"]["minReplicas"] == 3


@pytest.mark.parametrize(
    ("owners", "foreign"),
    [
        ([], True),
        ([{"kind": "Canary", "uid": "another"}], True),
        ([{"kind": "Canary", "uid": "canary-uid"}], False),
    ],
    ids=["nobody's", "another Canary's", "ours"],
)
def test_a_service_that_was_there_before_is_patched_not_owned(owners: list[Manifest], foreign: bool) -> None:
    live = service(owners, {"app": "podinfo"})
    made = generated(placement(20), revision=revision(), apex=live)
    assert made.apex_is_foreign is foreign
    assert made.apex
    assert ("ownerReferences" in made.apex["metadata"]) is not foreign


def service(owners: list[Manifest], selector: Manifest, manager: str = "kubectl") -> Manifest:
    managed = [{"manager": manager, "fieldsV1": {"f:spec": {"f:selector": {}}}}]
    metadata = {"name": "podinfo", "ownerReferences": owners, "managedFields": managed}
    ports = [{"name": "web", "port": 80}, {"name": "admin", "port": 81}]
    return {"kind": "Service", "metadata": metadata, "spec": {"selector": selector, "ports": ports}}


@pytest.mark.parametrize(
    ("live", "touched"),
    [
        pytest.param(service([], {"app": "podinfo", "tier": "web"}), False, id="as its maker wrote it"),
        pytest.param(service([], {"app": "podinfo-primary"}), True, id="it selects primary already"),
        pytest.param(service([], {"app": "podinfo"}, "sluice"), True, id="it was changed by us before"),
    ],
)
def test_a_service_that_somebody_made_is_left_alone_for_as_long_as_the_target_serves(
    live: Manifest, touched: bool
) -> None:
    made = generated(NEW, apex=live)
    assert (made.apex is not None) is touched


def test_a_port_of_a_service_that_somebody_made_keeps_its_name() -> None:
    made = generated(placement(20), revision=revision(), apex=service([], {"app": "podinfo"}))
    assert made.apex
    assert [port["name"] for port in made.apex["spec"]["ports"] if port["port"] == 80] == ["web"]
