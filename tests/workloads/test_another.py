"""A kind of workload that nobody has heard of: its own file here, one row, and a release of it runs."""

from __future__ import annotations

import pytest

from automation.core.kinds import Kind, Manifest
from automation.core.status import Phase
from tests.core.documents import document
from tests.core.world import initialised
from workloads import registry
from workloads.deployment import Deployments
from workloads.workload import Scaling

CREW = Kind("/apis/crews.example/v1", "crews", "Crew")


class Crews(Deployments):
    """Crews are scaled by a field of their own and have a captain, who follows the revision."""

    kind = pods = CREW
    rollout_fields = ("captain",)

    def replicas(self, live: Manifest) -> int:
        return int(live["spec"].get("sailors", live["spec"].get("replicas", 1)))

    def scaling(self, replicas: int) -> Scaling:
        return Scaling({"spec": {"sailors": replicas, "replicas": replicas}})


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.WORKLOADS, "Crew", Crews())  # type: ignore[arg-type]


def test_a_release_of_it_is_promoted_with_the_fields_that_follow_the_revision() -> None:
    reference = {"apiVersion": CREW.api_version, "kind": CREW.kind, "name": "podinfo"}
    world = initialised(document({"spec.targetRef": reference}), workload=CREW, extra={"captain": "ann"})
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    primary, target = (world.cluster.get(CREW, "test", name) for name in ("podinfo-primary", "podinfo"))
    assert primary is not None
    assert target is not None
    assert (world.primary_revision, primary["kind"], primary["spec"]["captain"]) == ("v2", "Crew", "ann")
    assert target["spec"]["sailors"] == 0
    assert "Crew" in world.status.conditions[0].message or world.status.conditions[0].reason == "Succeeded"
