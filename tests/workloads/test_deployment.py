"""Deployments as releases see them."""

from __future__ import annotations

from typing import Any

import pytest

from workloads.deployment import DEPLOYMENTS


def deployment(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "podinfo", "generation": 3, "annotations": {"sluice.delivery/revision": "rev"}},
        "spec": {"replicas": 0, "template": {"spec": {"containers": [{"image": "podinfo:6.0.0"}]}}},
        "status": status,
    }


def test_a_deployment_is_counted_and_an_idle_one_is_at_zero() -> None:
    seen = DEPLOYMENTS.observed(
        deployment(observedGeneration=3, replicas=2, updatedReplicas=1, availableReplicas=1)
    )
    assert (seen.replicas, seen.running, seen.updated, seen.available) == (0, 2, 1, 1)
    assert (seen.generation, seen.observed_generation, seen.revision) == (3, 3, "rev")
    assert seen.image == "podinfo:6.0.0"


@pytest.mark.parametrize(
    ("conditions", "expired", "short_since"),
    [
        pytest.param([], False, None, id="none"),
        pytest.param(
            [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}],
            True,
            None,
            id="past its deadline",
        ),
        pytest.param(
            [
                {
                    "type": "Available",
                    "status": "False",
                    "reason": "MinimumReplicasUnavailable",
                    "lastUpdateTime": "1970-01-01T00:01:40Z",
                }
            ],
            False,
            100.0,
            id="short of pods",
        ),
        pytest.param(
            [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}],
            False,
            None,
            id="available",
        ),
    ],
)
def test_conditions_say_whether_it_is_late(
    conditions: list[Any], expired: bool, short_since: float | None
) -> None:
    seen = DEPLOYMENTS.observed(deployment(conditions=conditions))
    assert (seen.expired, seen.short_since) == (expired, short_since)


QUOTA = "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2"


@pytest.mark.parametrize(
    ("condition", "refused"),
    [
        ({"status": "True", "message": f'pods "shop-primary-7d8f5c9bc4-x2x7k" is forbidden: {QUOTA}'}, QUOTA),
        ({"status": "True", "message": 'admission webhook "w" denied the request: no'}, None),
        ({"status": "False", "message": QUOTA}, ""),
    ],
    ids=["a quota, without the name of one of the pods", "an admission webhook, whole", "not any more"],
)
def test_why_pods_are_refused_is_known(condition: dict[str, str], refused: str | None) -> None:
    conditions = [{"type": "ReplicaFailure", "reason": "FailedCreate", **condition}]
    seen = DEPLOYMENTS.observed(deployment(conditions=conditions))
    assert seen.refused == (condition["message"] if refused is None else refused)


@pytest.mark.parametrize(
    ("name", "pod", "made"),
    [
        ("shop", "shop-7d8f5c9bc4-x2x7k", True),
        ("shop", "shop-5-x2x7k", True),
        ("shop", "shop-db-0", False),
        ("shop", "shop-x2x7k", False),
        ("shop", "shop-agent-x2x7k", False),
        ("shop", "shop-primary-7d8f5c9bc4-x2x7k", False),
        ("s" * 50, "s" * 50 + "-7d8f5c9x2x7k", True),
        ("s" * 50, "t" * 50 + "-7d8f5c9x2x7k", False),
    ],
    ids=["ours", "short hash", "StatefulSet", "DaemonSet", "DaemonSet alike", "primary", "cut", "another"],
)
def test_pods_of_a_deployment_are_known_by_their_names(name: str, pod: str, made: bool) -> None:
    assert DEPLOYMENTS.made(name, pod) is made


@pytest.mark.parametrize(("strategy", "gap"), [("Recreate", True), ("RollingUpdate", False)])
def test_pods_that_are_made_anew_are_gone_before_others_are_there(strategy: str, gap: bool) -> None:
    live = deployment()
    live["spec"]["strategy"] = {"type": strategy}
    assert bool(DEPLOYMENTS.gap(live)) is gap
