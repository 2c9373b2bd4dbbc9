"""StatefulSets as releases see them."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import STATEFUL_SET
from automation.core.status import Phase
from documents.front import front_of
from tests.core.documents import document
from tests.core.world import initialised
from workloads.stateful_set import STATEFUL_SETS

DOCUMENT = document({"spec.targetRef.kind": "StatefulSet"})


def stateful_set(status: dict[str, int] | None = None, **spec: Any) -> dict[str, Any]:
    written = [{"manager": "x", "subresource": "status", "time": "1970-01-01T00:01:40Z"}]
    return {
        "metadata": {"name": "shop", "namespace": "test", "managedFields": written},
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": [{"name": "shop", "image": "shop:1"}]}},
            **spec,
        },
        "status": status or {},
    }


def test_a_release_of_one_is_promoted() -> None:
    world = initialised(DOCUMENT, workload=STATEFUL_SET, extra={"serviceName": "podinfo"})
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    primary = world.cluster.get(STATEFUL_SET, "test", "podinfo-primary")
    assert primary is not None
    assert (world.primary_revision, primary["spec"]["serviceName"], primary["spec"]["replicas"]) == (
        "v2",
        "podinfo",
        1,
    )
    assert world.target
    assert world.target.workload.replicas == 0


def test_it_lacks_pods_since_its_numbers_changed_last() -> None:
    seen = STATEFUL_SETS.observed(stateful_set({"replicas": 3, "updatedReplicas": 2, "availableReplicas": 2}))
    assert (seen.replicas, seen.running, seen.updated, seen.available) == (3, 3, 2, 2)
    assert (seen.noun, seen.short_since) == ("statefulset", 100.0)
    ready = {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    assert STATEFUL_SETS.observed(stateful_set(ready)).short_since is None


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({}, ""),
        ({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}, ""),
        (
            {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
            "each pod of statefulset shop.test has volumes of its own (data): those of primary would begin without",
        ),
        (
            {"updateStrategy": {"type": "OnDelete"}},
            "statefulset shop.test must have RollingUpdate strategy but have OnDelete",
        ),
        (
            {"updateStrategy": {"rollingUpdate": {"partition": 2}}},
            "statefulset shop.test has a partition of 2, below which pods are not replaced",
        ),
    ],
    ids=["plain", "no partition", "volumes of their own", "nobody replaces them", "some stay"],
)
def test_one_whose_pods_can_not_be_doubled_or_replaced_is_not_released(
    spec: dict[str, Any], told: str
) -> None:
    problems = [problem.problem for problem in STATEFUL_SETS.problems(stateful_set(**spec))]
    assert len(problems) == bool(told)
    assert "".join(problems).startswith(told)


@pytest.mark.parametrize(("pods", "gap"), [(1, True), (2, False)])
def test_of_one_pod_there_is_none_while_it_is_replaced(pods: int, gap: bool) -> None:
    assert bool(STATEFUL_SETS.gap(stateful_set(replicas=pods))) is gap


@pytest.mark.parametrize(("pod", "made"), [("shop-0", True), ("shop-12", True), ("shop-primary-0", False)])
def test_its_pods_are_numbered(pod: str, made: bool) -> None:
    assert STATEFUL_SETS.made("shop", pod) is made


def test_its_document_does_not_go_back_to_flagger_as_it_is() -> None:
    assert front_of(DOCUMENT).own_fields(DOCUMENT) == ["spec.targetRef.kind"]
