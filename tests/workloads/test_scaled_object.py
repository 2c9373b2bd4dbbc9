"""ScaledObjects of KEDA: the primary's copy, what it asks, and who pauses what."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.shape import flaws
from tests.components.documents import OWNER, canary
from workloads.horizontal import HORIZONTAL_POD_AUTOSCALERS
from workloads.scaled_object import PAUSED, SCALED_OBJECTS

REFERENCE = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "podinfo-so"}
RATE = 'sum(rate(http_requests_total{app="podinfo"}[30s]))'


def scaled_object(query: str = RATE, **spec: Any) -> Manifest:
    trigger = {"type": "prometheus", "name": "load", "metadata": {"query": query, "threshold": "100"}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": "podinfo-so",
            "namespace": "test",
            "labels": {"team": "a", "scaledobject.keda.sh/name": "podinfo-so"},
            "annotations": {PAUSED: "0", "scaledobject.keda.sh/transfer-hpa-ownership": "true"},
        },
        "spec": {
            "scaleTargetRef": {"name": "podinfo", "envSourceContainerName": "podinfod"},
            "pollingInterval": 10,
            "minReplicaCount": 1,
            "maxReplicaCount": 3,
            "triggers": [trigger, {"type": "cpu", "metadata": {"value": "80"}}],
            **spec,
        },
    }


def primary(original: Manifest, **reference: Any) -> Manifest:
    return SCALED_OBJECTS.primary(canary(autoscalerRef={**REFERENCE, **reference}), original, OWNER)


def test_primary_has_one_of_its_own_that_asks_about_it() -> None:
    made = primary(scaled_object())
    assert made["metadata"]["name"] == "podinfo-so-primary"
    assert made["metadata"]["ownerReferences"] == [OWNER]
    asked = {"query": RATE.replace("podinfo", "podinfo-primary"), "threshold": "100"}
    assert made["spec"] == {
        **scaled_object()["spec"],
        "scaleTargetRef": {"name": "podinfo-primary", "envSourceContainerName": "podinfod"},
        "triggers": [
            {"type": "prometheus", "name": "load", "metadata": asked},
            {"type": "cpu", "metadata": {"value": "80"}},
        ],
    }


def test_it_is_not_paused_with_the_target_and_no_label_of_keda_calls_it_by_the_target_s_name() -> None:
    metadata = primary(scaled_object())["metadata"]
    assert metadata["labels"] == {"team": "a"}
    assert PAUSED not in metadata["annotations"]
    assert metadata["annotations"]["scaledobject.keda.sh/transfer-hpa-ownership"] == "true"


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ('{app="podinfo-canary"}', '{app="podinfo-primary"}'),
        ('{app="podinfo-primary"}', '{app="podinfo-primary"}'),
        ('{pod=~"podinfo-.*", podinfo!="x"}', '{pod=~"podinfo-primary-.*", podinfo!="x"}'),
        ("podinfo_requests and my-podinfo", "podinfo_requests and my-podinfo"),
        ("servers.podinfo.load", "servers.podinfo-primary.load"),
    ],
    ids=["of the canary", "of primary already", "the name of a label", "another's name", "a part of a path"],
)
def test_a_query_about_the_target_is_about_primary(query: str, asked: str) -> None:
    assert primary(scaled_object(query))["spec"]["triggers"][0]["metadata"]["query"] == asked


def test_the_canary_may_give_it_queries_and_bounds_of_its_own() -> None:
    bounds = {"minReplicas": 2, "maxReplicas": 9}
    made = primary(scaled_object(), primaryScalerQueries={"load": "mine"}, primaryScalerReplicas=bounds)[
        "spec"
    ]
    assert made["triggers"][0]["metadata"]["query"] == "mine"
    assert (made["minReplicaCount"], made["maxReplicaCount"]) == (2, 9)


def test_the_autoscaler_that_keda_makes_of_it_has_a_name_of_its_own() -> None:
    advanced = {
        "horizontalPodAutoscalerConfig": {"name": "load", "behavior": {}},
        "restoreToOriginalReplicaCount": True,
    }
    made = primary(scaled_object(advanced=advanced))["spec"]["advanced"]
    named = {"name": "load-primary", "behavior": {}}
    assert made == {"horizontalPodAutoscalerConfig": named, "restoreToOriginalReplicaCount": True}


def test_the_name_of_a_trigger_may_stand_beside_its_query() -> None:
    query = {"name": "load", "query": RATE}
    made = primary(
        scaled_object(triggers=[{"type": "prometheus", "metadata": query}]),
        primaryScalerQueries={"load": "mine"},
    )
    assert made["spec"]["triggers"] == [{"type": "prometheus", "metadata": {"name": "load", "query": "mine"}}]


def test_a_trigger_that_no_query_is_given_for_asks_about_primary() -> None:
    made = primary(scaled_object(), primaryScalerQueries={"other": "mine"})
    assert made["spec"]["triggers"][0]["metadata"]["query"] == RATE.replace("podinfo", "podinfo-primary")


def test_a_query_for_a_trigger_that_is_not_there_is_told() -> None:
    named = canary(autoscalerRef={**REFERENCE, "primaryScalerQueries": {"load": "a", "lod": "b"}})
    assert SCALED_OBJECTS.left_alone(named, scaled_object()) == (
        "spec.autoscalerRef.primaryScalerQueries.lod is used for nothing: ScaledObject podinfo-so has no trigger of "
        "this name (there: load)",
    )


def test_queries_for_an_autoscaler_that_has_none_are_told() -> None:
    reference = {"kind": "HorizontalPodAutoscaler", "name": "podinfo"}
    asked, unasked = ({**reference, **queries} for queries in ({"primaryScalerQueries": {"load": "a"}}, {}))
    (told,) = HORIZONTAL_POD_AUTOSCALERS.left_alone(canary(autoscalerRef=asked), {})
    assert told.startswith("spec.autoscalerRef.primaryScalerQueries is used for nothing")
    assert HORIZONTAL_POD_AUTOSCALERS.left_alone(canary(autoscalerRef=unasked), {}) == ()


@pytest.mark.parametrize(
    ("spec", "numbers"),
    [
        ({}, (1, 3, False)),
        ({"minReplicaCount": None, "maxReplicaCount": None}, (0, 100, True)),
        ({"idleReplicaCount": 0}, (1, 3, True)),
    ],
    ids=["said", "KEDA's own", "none where there is nothing to do"],
)
def test_bounds(spec: dict[str, Any], numbers: tuple[int, int, bool]) -> None:
    live = scaled_object(**spec)
    assert (SCALED_OBJECTS.minimum(live), SCALED_OBJECTS.maximum(live), SCALED_OBJECTS.idles(live)) == numbers
    assert SCALED_OBJECTS.target(live) == "podinfo"


def test_bounds_that_contradict_each_other_are_told() -> None:
    (flaw,) = flaws(scaled_object(minReplicaCount=5), SCALED_OBJECTS.shape)
    assert (
        str(flaw)
        == "spec.minReplicaCount: 5 is more than maxReplicaCount, 3; lower it, or raise maxReplicaCount"
    )


def test_a_query_that_is_no_text_is_refused() -> None:
    with pytest.raises(Refused, match=r"primaryScalerQueries.load: is a number"):
        canary(autoscalerRef={**REFERENCE, "primaryScalerQueries": {"load": 5}})
