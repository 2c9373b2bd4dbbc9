"""Enough pods on the side that takes traffic over, where an autoscaler says how many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.kinds import DEPLOYMENT
from automation.core.observation import Target
from automation.core.status import Phase, Request
from tests.core.documents import document
from tests.core.world import World, deployment, initialised
from workloads.horizontal import AUTOSCALER

SCALED_UP = "Scaling up podinfo-primary.test to 3, as many as the traffic needs"


def scaled(pods: int, **bounds: object) -> World:
    """A new Canary with an autoscaler, its target serving with so many pods."""
    changes = {f"spec.autoscalerRef.{field}": value for field, value in bounds.items()}
    world = World(document(), target=Target(deployment("podinfo", pods), "v1"), scaler_min=1)
    world.document = document({"spec.autoscalerRef.name": "podinfo", **changes})
    return world


def asked_for(world: World, pods: int) -> None:
    """The autoscaler of primary asked for so many pods."""
    live = world.cluster.get(AUTOSCALER, "test", "podinfo-primary")
    assert live is not None
    world.cluster.put(AUTOSCALER, {**live, "status": {"desiredReplicas": pods}})


def test_primary_takes_over_with_as_many_ready_pods_as_the_target_serves_with() -> None:
    world = scaled(3)
    while world.status.phase is not Phase.INITIALIZED:
        world.tick()
        if world.apex == "primary":
            assert world.primary is not None
            assert world.primary.available == 3
    assert world.texts.count(SCALED_UP) == 1


def test_the_apex_waits_until_all_of_them_are_ready() -> None:
    world = scaled(3).tick(2)
    assert world.primary is not None
    world.primary = replace(world.primary, available=2)
    world.tick(3)
    assert (world.apex, world.status.phase) == ("target", Phase.INITIALIZING)
    world.primary = replace(world.primary, available=3)
    world.tick()
    assert (world.apex, world.status.phase) == ("primary", Phase.INITIALIZED)


@pytest.mark.parametrize(
    ("bounds", "pods"),
    [({}, 9), ({"primaryScalerReplicas": {"maxReplicas": 2}}, 2)],
    ids=["the autoscaler's", "its own"],
)
def test_primary_gets_no_more_pods_than_its_autoscaler_allows(bounds: dict[str, object], pods: int) -> None:
    world = scaled(20, **bounds)
    world.until(Phase.INITIALIZED)
    assert world.primary is not None
    assert world.primary.replicas == pods


def test_a_primary_that_was_deleted_comes_back_with_the_pods_that_carried_the_traffic() -> None:
    world = initialised(document(), scaler_min=1)
    asked_for(world, 3)
    world.cluster.delete(DEPLOYMENT, "test", "podinfo-primary")
    world.tick()
    assert world.primary is not None
    world.primary = replace(world.primary, available=0)  # the pods of a primary that was made just now
    world.tick()
    assert world.primary.replicas == 3
    assert world.texts[-1] == SCALED_UP


def test_a_primary_that_was_scaled_to_zero_comes_back_although_its_autoscaler_rests_then() -> None:
    world = initialised(document(), scaler_min=2)
    world.primary = deployment("podinfo-primary", 0)
    asked_for(world, 0)
    world.tick()
    assert world.primary.replicas == 2


def test_a_primary_that_its_autoscaler_made_smaller_is_left_alone() -> None:
    world = initialised(document(), scaler_min=1)
    asked_for(world, 3)
    world.primary = deployment("podinfo-primary", 2)
    world.tick(3)
    assert (world.primary.replicas, world.texts) == (2, [])


def test_a_target_that_takes_over_gets_as_many_pods_as_primary_serves_with() -> None:
    world = initialised(document(), scaler_min=1)
    world.primary = deployment("podinfo-primary", 4)
    world.status = replace(world.status, request=Request("retire", "1", "ann"))
    world.tick()
    assert world.target is not None
    assert world.target.workload.replicas == 4
