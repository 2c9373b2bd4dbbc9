"""Releases whose target KEDA scales: it must not wake a target that is at zero, and may let primary rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.kinds import CANARY, DEPLOYMENT, Kind, Manifest
from automation.core.observation import HookAnswer
from automation.core.status import Phase
from automation.inmemory.cluster import nothing
from tests.core.documents import document
from tests.core.world import KEY, Killed, World, deployment, initialised
from workloads.scaled_object import PAUSED, SCALED_OBJECT

DOCUMENT = document(
    {"spec.autoscalerRef": {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "podinfo"}}
)


class Kept(World):
    """A Canary beside its ScaledObject, which remembers what was done to both."""

    def __init__(self, document: Manifest, *args: Any, least: int = 1, **fields: Any) -> None:
        super().__init__(document, *args, **fields)
        spec = {"scaleTargetRef": {"name": "podinfo"}, "minReplicaCount": least, "triggers": []}
        metadata = {"name": "podinfo", "namespace": "test"}
        self.cluster.put(SCALED_OBJECT, {"metadata": metadata, "spec": spec})

    @property
    def paused(self) -> Any:
        live = self.cluster.get(SCALED_OBJECT, "test", "podinfo")
        assert live is not None
        return (live["metadata"].get("annotations") or {}).get(PAUSED)


def test_it_is_paused_for_as_long_as_its_target_is_at_zero() -> None:
    world = initialised(DOCUMENT, world=Kept)
    assert world.paused == "0"
    world.release("v2")
    world.tick()
    assert world.paused is None
    world.until(Phase.SUCCEEDED)
    assert world.paused == "0"
    twin = world.cluster.get(SCALED_OBJECT, "test", "podinfo-primary")
    assert twin is not None
    assert twin["spec"]["scaleTargetRef"]["name"] == "podinfo-primary"
    assert PAUSED not in twin["metadata"]["annotations"]


def test_it_is_paused_before_a_rolled_back_target_goes_to_zero() -> None:
    world = initialised(DOCUMENT, world=Kept)
    world.hook = lambda world, webhook: HookAnswer(False, "no")
    world.release("v2")
    seen: list[tuple[str, Any]] = []
    world.cluster.before = lambda verb, kind, body: seen.append((kind.kind, world.paused))
    world.until(Phase.FAILED)
    scaled = [paused for kind, paused in seen if kind == "Deployment"]
    assert (scaled[-1], world.paused) == ("0", "0")


def test_a_driver_that_is_killed_before_it_has_scaled_the_target_does_so_later() -> None:
    world = initialised(DOCUMENT, world=Kept)
    world.release("v2")

    def killed(verb: str, kind: Kind, body: Manifest) -> None:
        if kind == DEPLOYMENT:
            world.cluster.before = nothing
            raise Killed

    world.cluster.before = killed
    with pytest.raises(Killed):
        world.ticked()
    assert (world.paused, world.target and world.target.workload.replicas) == (None, 0)
    world.until(Phase.SUCCEEDED)


@pytest.mark.parametrize(("least", "phase"), [(0, Phase.PROGRESSING), (1, Phase.INITIALIZED)])
def test_a_primary_at_zero_is_ready_where_its_autoscaler_may_take_all_its_pods(
    least: int, phase: Phase
) -> None:
    world = initialised(DOCUMENT, world=Kept, least=least)
    world.primary = deployment("podinfo-primary", 0)
    world.release("v2")
    world.tick()
    assert world.status.phase is phase


def test_a_query_that_no_trigger_asks_is_told_when_a_run_starts() -> None:
    asked = {**DOCUMENT["spec"]["autoscalerRef"], "primaryScalerQueries": {"load": "up"}}
    world = initialised(document({"spec.autoscalerRef": asked}), world=Kept)
    world.release("v2")
    world.tick()
    assert any("primaryScalerQueries.load is used for nothing" in text for text in world.texts)


def test_what_somebody_changes_of_primary_s_own_is_put_back() -> None:
    world = initialised(DOCUMENT, world=Kept)
    world.cluster.patch(SCALED_OBJECT, "test", "podinfo-primary", {"spec": {"minReplicaCount": 7}})
    world.tick(2)
    twin = world.cluster.get(SCALED_OBJECT, "test", "podinfo-primary")
    assert twin is not None
    assert twin["spec"]["minReplicaCount"] == 1
    assert any("ScaledObject podinfo-primary.test" in text for text in world.texts)


def test_a_primary_that_keda_has_let_rest_stays_at_rest() -> None:
    world = initialised(DOCUMENT, world=Kept)
    world.cluster.patch(SCALED_OBJECT, *KEY, {"spec": {"idleReplicaCount": 0}})
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    world.primary = replace(deployment("podinfo-primary", 0), revision=world.hash("v2"))
    world.tick(3)
    assert world.primary is not None
    assert world.primary.replicas == 0


def test_a_cluster_without_keda_says_so() -> None:
    world = Kept(DOCUMENT)
    world.copies.absent = frozenset({SCALED_OBJECT})
    world.tick()
    assert world.made_live == []
    assert world.texts[-1].startswith(
        "The cluster has no ScaledObject (keda.sh/v1alpha1), which spec.autoscalerRef"
    )


def test_who_deletes_its_canary_is_told_to_let_it_scale_again() -> None:
    world = initialised(DOCUMENT, world=Kept)
    world.tick()
    world.cluster.delete(CANARY, *KEY)
    world.driver.tick(*KEY)
    resumed = '{"metadata":{"annotations":{"autoscaling.keda.sh/paused-replicas":null}}}'
    assert (
        f"kubectl -n test patch scaledobject podinfo --type merge -p '{resumed}' && "
        "kubectl -n test scale deployment/podinfo --replicas=1" in world.texts[-1]
    )
