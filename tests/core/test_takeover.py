"""Canaries that come from another driver, and those that leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.kinds import SERVICE, Manifest
from automation.core.observation import Route, Target
from automation.core.status import Phase, Placement, Purpose, Request, Status
from automation.core.traffic import ALL_ON_PRIMARY
from tests.core.documents import document
from tests.core.world import KEY, World, deployment

TAKEN_OVER = [
    "canary deployment podinfo.test not ready: waiting for rollout to finish: "
    "0 of 2 (readyThreshold 100%) updated replicas are available",
    "Initialization done! podinfo.test",
]


def theirs(phase: Phase, image: str = "podinfo:1") -> World:
    """A Canary as the model leaves it: primary serves, the target is at zero, nothing is recorded."""
    return World(
        document(),
        Status(phase=phase, last_applied_spec="84f7c", last_promoted_spec="84f7c"),
        target=Target(replace(deployment("podinfo", 0), container="podinfod", image=image), "v1"),
        primary=replace(deployment("podinfo-primary", 2), image="podinfo:1"),
        route=Route(ALL_ON_PRIMARY, ""),
        apex="primary",
    )


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.NONE])
def test_a_canary_from_another_driver_is_initialised_anew_while_its_target_serves(phase: Phase) -> None:
    world = theirs(phase).tick()
    assert world.made_live == []
    assert world.target
    assert world.target.workload.replicas == 2
    world.target = replace(world.target, workload=deployment("podinfo", 2, available=0))
    world.tick()
    assert (world.apex, world.made_live) == ("primary", [])
    world.target = replace(world.target, workload=deployment("podinfo", 2))
    world.until(Phase.INITIALIZED)
    assert [intent.kind for intent in world.made_live] == [Purpose.INITIALISE, Purpose.APEX]
    assert (world.recorded, world.status.last_promoted_spec) == (["v1"], "v1")
    assert [text for text in world.texts if "metrics providers" not in text] == TAKEN_OVER
    world.release("v2")
    world.until(Phase.SUCCEEDED)


def test_a_target_that_differs_from_what_primary_serves_is_not_taken_over() -> None:
    world = theirs(Phase.SUCCEEDED, image="podinfo:2").tick(3)
    assert world.made_live == []
    assert world.target
    assert world.target.workload.replicas == 0
    assert world.texts[0].endswith(
        "has podinfo:2 while primary serves podinfo:1. Set the target to what primary serves: "
        "kubectl -n test set image deployment/podinfo podinfod=podinfo:1. Once it is Initialized, release with: "
        "kubectl -n test set image "
        "deployment/podinfo podinfod=podinfo:2"
    )
    assert "podinfo:2" in world.decision().obstacle


LEADS_ELSEWHERE: dict[str, Manifest] = {
    "by another label": {"type": "ClusterIP", "ports": [{"port": 80}], "selector": {"tier": "web"}},
    "by endpoints that somebody keeps": {"type": "ClusterIP", "ports": [{"port": 80}]},
}


def beside(spec: Manifest) -> World:
    """A Canary whose apex Service somebody made, as `spec` says."""
    world = World(document())
    managed = [{"manager": "kubectl", "fieldsV1": {"f:spec": {f"f:{field}": {} for field in spec}}}]
    metadata = {"name": "podinfo", "namespace": "test", "labels": {"team": "a"}, "managedFields": managed}
    world.cluster.put(SERVICE, {"metadata": metadata, "spec": spec})
    return world


@pytest.mark.parametrize("spec", LEADS_ELSEWHERE.values(), ids=LEADS_ELSEWHERE)
def test_a_service_that_leads_elsewhere_is_left_alone_until_primary_is_ready_and_taken_over_then(
    spec: Manifest,
) -> None:
    """It kept its Canary Initializing for ever, without a word."""
    world = beside(spec)
    for _ in range(20):
        world.tick()
        if world.apex != "primary":
            live = world.cluster.get(SERVICE, *KEY)
            assert live is not None
            assert live["spec"] == spec
        if world.status.phase is Phase.INITIALIZED:
            break
    assert world.apex == "primary"
    assert [intent.kind for intent in world.made_live] == [Purpose.INITIALISE, Purpose.APEX]
    world.events.clear()
    assert world.tick(3).texts == []
    world.release("v2")
    world.until(Phase.SUCCEEDED)


def test_a_service_that_is_a_name_elsewhere_is_refused_once_before_anything_is_made() -> None:
    world = beside({"type": "ExternalName", "externalName": "shop.example.com"}).tick(3)
    assert world.made_live == []
    assert world.texts == [
        "spec.service.name: Service podinfo.test is of type ExternalName and leads to shop.example.com: it can't be "
        "made to select the pods of a release; name another Service, or delete this one once nobody needs it: one "
        "that leads to the target is made then"
    ]
    assert "ExternalName" in getattr(world.ticked().trouble, "text", "")
    world.cluster.delete(SERVICE, *KEY)
    world.until(Phase.INITIALIZED)
    assert world.apex == "primary"


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.PROGRESSING, Phase.PROMOTING, Phase.WAITING_PROMOTION])
def test_another_drivers_run_is_not_ours_to_end(phase: Phase) -> None:
    world = theirs(phase).tick(2)
    assert world.made_live == []
    assert world.status.phase == phase
    assert f"podinfo.test is {phase} and nothing of it is recorded" in world.texts[0]


def test_what_is_retired_is_left_alone() -> None:
    world = theirs(Phase.TERMINATED)
    world.status = replace(
        world.status,
        in_force=Placement("a", "target", ALL_ON_PRIMARY, ""),
        request=Request("abort", "1"),
    )
    world.primary = world.route = None
    world.tick(3)
    assert (world.made_live, world.texts, world.recorded) == ([], [], [])
