"""DaemonSets as releases see them."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.revision_hash import pod_template_hash
from workloads.daemon_set import DAEMON_SETS, NOWHERE

CONTAINERS = [{"name": "agent", "image": "agent:1"}]


def daemon_set(nodes: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    selector = {} if nodes is None else {"nodeSelector": nodes}
    written = [
        {"manager": "kubectl", "time": "1970-01-01T01:00:00Z"},
        {"manager": "kube-controller-manager", "subresource": "status", "time": "1970-01-01T00:01:40Z"},
    ]
    return {
        "metadata": {"name": "agent", "namespace": "test", "generation": 3, "managedFields": written},
        "spec": {"template": {"spec": {"containers": CONTAINERS, **selector}}},
        "status": status,
    }


COUNTED = {
    "observedGeneration": 3,
    "desiredNumberScheduled": 3,
    "currentNumberScheduled": 3,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
}


@pytest.mark.parametrize(
    ("live", "numbers"),
    [
        (daemon_set(**COUNTED), (3, 3, 2, 2, 100.0)),
        (daemon_set(**{**COUNTED, "updatedNumberScheduled": 3, "numberAvailable": 3}), (3, 3, 3, 3, None)),
        (daemon_set(), (1, 0, 0, 0, 100.0)),
        (daemon_set({NOWHERE: "true"}, numberMisscheduled=2, numberAvailable=0), (0, 2, 0, 0, None)),
        (daemon_set({NOWHERE: "true"}), (0, 0, 0, 0, None)),
        (daemon_set(**COUNTED, numberMisscheduled=1), (3, 3, 2, 2, 100.0)),
    ],
    ids=[
        "rolling, short since its counts changed last",
        "ready",
        "not counted yet",
        "idle, its pods on their way out",
        "idle",
        "a pod on a node that was closed since",
    ],
)
def test_pods_are_counted_by_nodes(live: dict[str, Any], numbers: tuple[Any, ...]) -> None:
    seen = DAEMON_SETS.observed(live)
    assert (seen.replicas, seen.running, seen.updated, seen.available, seen.short_since) == numbers
    assert (seen.noun, seen.unit, seen.container, seen.image) == ("daemonset", "pods", "agent", "agent:1")


@pytest.mark.parametrize("nodes", [None, {}, {NOWHERE: "true"}], ids=["awake", "woken", "idle"])
def test_that_it_is_idle_is_no_revision_of_it(nodes: dict[str, str] | None) -> None:
    known = pod_template_hash({"spec": {"containers": CONTAINERS}})
    assert pod_template_hash(DAEMON_SETS.template(daemon_set(nodes))) == known


def test_what_else_its_pods_ask_of_nodes_is_part_of_a_revision() -> None:
    template = DAEMON_SETS.template(daemon_set({"disk": "ssd", NOWHERE: "true"}))
    assert template["spec"]["nodeSelector"] == {"disk": "ssd"}


@pytest.mark.parametrize(
    ("nodes", "rolling", "gap"),
    [
        (1, None, True),
        (1, {"maxSurge": 1, "maxUnavailable": 0}, False),
        (2, None, False),
        (2, {"maxUnavailable": "51%"}, True),
        (2, {"maxUnavailable": "50%", "maxSurge": "0%"}, False),
    ],
    ids=["one node", "one node and a surplus pod", "two nodes", "both at once", "one of two"],
)
def test_a_promotion_may_leave_no_pod(nodes: int, rolling: dict[str, Any] | None, gap: bool) -> None:
    live = daemon_set(desiredNumberScheduled=nodes)
    live["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    assert bool(DAEMON_SETS.gap(live)) is gap


@pytest.mark.parametrize(
    ("name", "pod", "made"),
    [
        ("agent", "agent-x2x7k", True),
        ("agent", "agent-primary-x2x7k", False),
        ("agent", "agent-7d8f5c9bc4-x2x7k", False),
        ("agent", "agent-0", False),
        ("a" * 60, "a" * 58 + "x2x7k", True),
        ("a" * 57, "a" * 57 + "-x2x7k", True),
    ],
    ids=["ours", "primary", "Deployment", "StatefulSet", "cut", "the longest that is whole"],
)
def test_its_pods_are_known_by_their_names(name: str, pod: str, made: bool) -> None:
    assert DAEMON_SETS.made(name, pod) is made
