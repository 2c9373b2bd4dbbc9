"""Releases of DaemonSets: a pod on each node, or on none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from automation.core.kinds import CANARY, DAEMON_SET, Manifest
from automation.core.moments import timestamp
from automation.core.observation import HookAnswer, Route, Target, Workload
from automation.core.status import Phase, Status
from automation.core.traffic import ALL_ON_PRIMARY
from tests.core.documents import document
from tests.core.test_retiring import asked
from tests.core.world import KEY, World, deployment, initialised
from workloads.daemon_set import DAEMON_SETS, NOWHERE

DOCUMENT = document({"spec.targetRef.kind": "DaemonSet"})
IDLE = {NOWHERE: "true"}


class Daemons(World):
    """A Canary whose target is a DaemonSet."""

    def __init__(self, document: Manifest, *args: Any, **fields: Any) -> None:
        super().__init__(document, *args, workload=DAEMON_SET, **fields)

    def _made(self, name: str, workload: Workload, template: Manifest) -> Manifest:
        nodes = {} if workload.replicas else {"nodeSelector": {NOWHERE: "true"}}
        made = super()._made(name, workload, {**template, "spec": {**template["spec"], **nodes}})
        counted = {
            "observedGeneration": 9999,
            "desiredNumberScheduled": workload.replicas,
            "currentNumberScheduled": workload.running,
            "updatedNumberScheduled": workload.updated,
            "numberAvailable": workload.available,
        }
        reported = [{"subresource": "status", "time": timestamp(self.now)}]
        return {**made, "metadata": {**made["metadata"], "managedFields": reported}, "status": counted}

    def asks_for(self, name: str) -> Any:
        """The nodes that its pods ask for."""
        live = self.cluster.get(DAEMON_SET, "test", name)
        assert live is not None
        return live["spec"]["template"]["spec"].get("nodeSelector")


def test_a_release_is_promoted_and_its_target_rests_on_no_node() -> None:
    world = initialised(DOCUMENT, world=Daemons)
    assert (world.asks_for("podinfo"), world.asks_for("podinfo-primary")) == (IDLE, None)
    world.release("v2")
    world.tick()
    assert world.asks_for("podinfo") == {}
    world.until(Phase.SUCCEEDED)
    assert (world.weights, world.primary_revision) == ([0, 10, 20, 30, 40, 50, 0], "v2")
    assert (world.asks_for("podinfo"), world.asks_for("podinfo-primary")) == (IDLE, None)
    assert world.status.last_promoted_spec == "v2"
    world.tick(3)
    assert (world.status.phase, world.recorded) == (Phase.SUCCEEDED, ["v2"])


def test_a_bad_release_is_rolled_back_and_asks_for_no_node() -> None:
    world = initialised(DOCUMENT, world=Daemons)
    world.hook = lambda world, webhook: HookAnswer(False, "no")
    world.release("v2")
    world.until(Phase.FAILED)
    assert (world.asks_for("podinfo"), world.primary_revision) == (IDLE, "v1")
    assert "Canary failed! Scaling down podinfo.test" in world.texts


def test_one_that_lacks_pods_for_longer_than_its_deadline_is_rolled_back() -> None:
    world = initialised(DOCUMENT, world=Daemons)
    world.release("v2")
    world.tick()
    assert world.target
    world.target = replace(world.target, workload=deployment("podinfo", 3, available=1))
    world.until(Phase.FAILED)
    missing = "1 of 3 (readyThreshold 100%) updated pods are available"
    assert f"canary daemonset podinfo.test not ready: waiting for rollout to finish: {missing}" in world.texts
    assert world.weights == [0]


def test_a_primary_that_somebody_sends_to_no_node_is_put_back_at_rest() -> None:
    world = initialised(DOCUMENT, world=Daemons)
    world.cluster.patch(DAEMON_SET, "test", "podinfo-primary", DAEMON_SETS.scaling(0).body)
    live = world.cluster.get(DAEMON_SET, "test", "podinfo-primary")
    assert live is not None
    theirs = {
        "manager": "kubectl",
        "operation": "Update",
        "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:nodeSelector": {}}}}},
    }
    managed = [*live["metadata"]["managedFields"], theirs]
    world.cluster.put(DAEMON_SET, {**live, "metadata": {**live["metadata"], "managedFields": managed}})
    world.tick(2)
    assert world.asks_for("podinfo-primary") is None
    assert any("DaemonSet podinfo-primary.test" in text for text in world.texts)


def test_one_that_flagger_left_is_taken_over_while_it_serves() -> None:
    world = Daemons(
        DOCUMENT,
        Status(phase=Phase.SUCCEEDED, last_applied_spec="84f7c", last_promoted_spec="84f7c"),
        target=Target(deployment("podinfo", 0), "v1"),
        primary=replace(deployment("podinfo-primary", 2), image="podinfo:1"),
        route=Route(ALL_ON_PRIMARY, ""),
        apex="primary",
    )
    assert world.asks_for("podinfo") == IDLE
    world.tick()
    assert (world.asks_for("podinfo"), world.made_live) == ({}, [])
    world.until(Phase.INITIALIZED)
    assert (world.recorded, world.asks_for("podinfo")) == (["v1"], IDLE)


def test_one_whose_pods_nobody_replaces_is_not_released() -> None:
    world = Daemons(DOCUMENT, extra={"updateStrategy": {"type": "OnDelete"}}).tick(2)
    assert world.made_live == []
    assert "daemonset podinfo.test must have RollingUpdate strategy but have OnDelete" in world.texts[-1]


def test_one_that_is_retired_serves_on_its_nodes_again() -> None:
    world = asked(initialised(DOCUMENT, world=Daemons)).until(Phase.TERMINATED)
    assert (world.asks_for("podinfo"), world.apex) == ({}, "target")


def test_who_deletes_its_canary_is_told_how_it_serves_again() -> None:
    world = initialised(DOCUMENT, world=Daemons)
    world.tick()
    world.cluster.delete(CANARY, *KEY)
    world.driver.tick(*KEY)
    nodes = '{"spec":{"template":{"spec":{"nodeSelector":{"flagger.app/scale-to-zero":null}}}}}'
    assert f"kubectl -n test patch daemonset podinfo --type merge -p '{nodes}'" in world.texts[-1]


def test_a_promotion_that_leaves_nobody_to_answer_is_told() -> None:
    world = initialised(
        DOCUMENT, world=Daemons, extra={"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}}}
    )
    world.release("v2")
    world.tick()
    assert any(
        text.startswith(
            "a promotion takes all pods of podinfo-primary.test away before others are there: set maxSurge"
        )
        for text in world.texts
    )
