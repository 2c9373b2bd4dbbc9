"""Plain Kubernetes: Blue/Green where nothing shares traffic, and releases without a route."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import SERVICE, Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.status import Phase
from automation.core.traffic import Traffic
from automation.questions.metrics.queries import built_in
from documents.front import canary_of
from gateways.gateway import Marks
from gateways.kubernetes import KUBERNETES
from tests.components.documents import OWNER
from tests.core.documents import MISSING, document
from tests.core.world import World, initialised

A = "spec.analysis"


def written(changes: dict[str, Any] | None = None) -> Manifest:
    """The shape of Flagger's own documents for Blue/Green without a gateway."""
    plain = {
        "spec.provider": "kubernetes",
        "spec.routeRef": MISSING,
        f"{A}.stepWeight": MISSING,
        f"{A}.maxWeight": MISSING,
        f"{A}.iterations": 3,
        f"{A}.threshold": 2,
    }
    return document({**plain, **(changes or {})})


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def test_a_service_without_pods_carries_the_marks() -> None:
    made = KUBERNETES.render(canary(), None, Traffic(), Marks({"attempt": "1"}, OWNER))
    assert made == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "podinfo-marks",
            "namespace": "test",
            "annotations": {
                "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
                "helm.toolkit.fluxcd.io/driftDetection": "disabled",
                "attempt": "1",
            },
            "ownerReferences": [OWNER],
        },
        "spec": {"type": "ClusterIP", "clusterIP": "None"},
    }
    assert KUBERNETES.with_traffic(canary(), made, Traffic()) == made
    assert KUBERNETES.carried(canary(), made).traffic == Traffic()


def test_a_document_names_no_route() -> None:
    read = canary()
    assert (read.provider, read.route, read.route_name) == ("kubernetes", None, "podinfo-marks")
    assert not read.analysis.switches


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({f"{A}.iterations": 0, f"{A}.stepWeight": 10}, "kubernetes can't release by weights"),
        ({f"{A}.match": [{"headers": {"x": {"exact": "y"}}}]}, "kubernetes can't release by match"),
        ({f"{A}.mirror": True}, "kubernetes can't release by mirror"),
    ],
    ids=["steps", "chosen requests", "mirroring"],
)
def test_traffic_that_nothing_can_share_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


def test_a_release_that_skips_its_analysis_needs_no_way_to_share_traffic() -> None:
    skipping = {"spec.skipAnalysis": True, f"{A}.iterations": 0}
    assert canary(skipping).skip_analysis


def test_the_queries_take_what_the_canary_s_pods_count_themselves() -> None:
    series = 'kubernetes_namespace="test",kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
    good = f'{series},status!~"5.*"'
    assert built_in(canary(), MetricCheck("request-success-rate"), []) == (
        f"(sum(rate(http_request_duration_seconds_count{{{good}}}[1m])) or vector(0))"
        f" / sum(rate(http_request_duration_seconds_count{{{series}}}[1m])) * 100"
    )
    for scope in ("canary", "route"):
        check = MetricCheck("request-duration", "30s", scope=scope)  # type: ignore[arg-type]
        assert built_in(canary(), check, []) == (
            f"histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{{{series}}}[30s])) by (le)) * 1000"
        )


def released(changes: dict[str, Any] | None = None) -> World:
    world = initialised(written(changes))
    world.release("v2")
    return world


def told(world: World) -> list[str]:
    return [text for text in world.texts if text.startswith(("Advance", "Routing", "Copying"))]


def test_promotion_follows_the_last_iteration_and_nobody_meets_the_canary_before() -> None:
    world = released().until(Phase.SUCCEEDED)
    assert {intent.placement.traffic for intent in world.made_live} == {Traffic()}
    assert told(world) == [
        "Advance podinfo.test canary iteration 1/3",
        "Advance podinfo.test canary iteration 2/3",
        "Advance podinfo.test canary iteration 3/3",
        "Copying podinfo.test template spec to podinfo-primary.test",
    ]
    assert (world.primary_revision, world.apex) == ("v2", "primary")


def test_a_bad_release_ends_where_it_began() -> None:
    world = released()
    world.answer = lambda seen, check: seen.measured(0.0 if seen.status.iterations else 100.0)
    world.until(Phase.FAILED)
    assert (world.primary_revision, world.apex) == ("v1", "primary")


def test_the_service_of_the_marks_comes_back_when_somebody_deletes_it() -> None:
    world = released().tick(2)
    world.cluster.delete(SERVICE, "test", "podinfo-marks")
    world.tick()
    assert world.cluster.get(SERVICE, "test", "podinfo-marks") is not None
    world.until(Phase.SUCCEEDED)


def test_a_selector_that_somebody_gives_it_goes_again() -> None:
    world = released().tick(2)
    service = world.cluster.get(SERVICE, "test", "podinfo-marks")
    assert service is not None
    spec = {"f:spec": {"f:selector": {"f:app": {}}}}
    managed = [*service["metadata"]["managedFields"], {"manager": "kubectl-edit", "fieldsV1": spec}]
    metadata = {**service["metadata"], "managedFields": managed}
    world.cluster.put(
        SERVICE, {**service, "metadata": metadata, "spec": {**service["spec"], "selector": {"app": "x"}}}
    )
    world.tick()
    assert any("podinfo-marks" in text for text in world.texts)
