"""The front: every kind of document becomes the same values, at a glance also where it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import CANARY
from automation.core.refusal import Refused
from automation.core.spec import Ref
from documents.front import canary_of, front_of, is_release, outline_of
from tests.core.documents import MISSING, document


def test_a_canary_becomes_a_value_that_knows_what_it_was_read_from() -> None:
    assert canary_of(document()).origin is CANARY


@pytest.mark.parametrize("kind", [MISSING, "", "Canary"], ids=["not said", "empty", "said"])
def test_a_document_that_does_not_say_its_kind_is_a_canary(kind: object) -> None:
    assert front_of(document({"kind": kind})).kind is CANARY


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Refused) as refused:
        canary_of(document({"kind": "Canari"}))
    assert str(refused.value) == "kind: 'Canari' is not known; use one of Canary, Rollout"


@pytest.mark.parametrize(
    ("thing", "release"),
    [
        pytest.param({"kind": "Canary"}, True, id="a Canary"),
        pytest.param({"kind": "Deployment"}, False, id="another kind"),
        pytest.param({}, False, id="no kind"),
        pytest.param([], False, id="no object"),
    ],
)
def test_what_describes_a_release(thing: Any, release: bool) -> None:
    assert is_release(thing) is release


def test_an_outline_names_what_a_release_is_about() -> None:
    outline = outline_of(document({"metadata.uid": "u-1", "spec.autoscalerRef": {"name": "scaler"}}))
    assert (outline.kind, outline.namespace, outline.name, outline.uid) == (CANARY, "test", "podinfo", "u-1")
    assert (outline.target, outline.autoscaler, outline.source) == (
        Ref("apps/v1", "Deployment", "podinfo"),
        Ref("autoscaling/v2", "HorizontalPodAutoscaler", "scaler"),
        Ref("apisix.apache.org/v2", "ApisixRoute", "podinfo"),
    )
    assert (outline.interval, outline.pace, outline.steps, outline.limit) == (10.0, "10s", 10, 50)


def test_an_outline_shows_a_list_of_steps_as_one_text() -> None:
    assert outline_of(document({"spec.analysis.stepWeights": [1, 10, 50]})).steps == "1,10,50"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"metadata": [], "spec": "text"}, id="no objects"),
        pytest.param({"spec": {"targetRef": "podinfo", "analysis": {"interval": "soon"}}}, id="wrong fields"),
    ],
)
def test_a_document_that_is_refused_still_has_an_outline(broken: dict[str, Any]) -> None:
    outline = outline_of(broken)
    assert (outline.name, outline.target, outline.interval) == ("", None, 60.0)


@pytest.mark.parametrize(
    ("owners", "made"),
    [
        pytest.param([{"kind": "Canary", "name": "podinfo"}], True, id="its own"),
        pytest.param([{"kind": "Canary", "name": "other"}], False, id="of another Canary"),
        pytest.param([{"kind": "ReplicaSet", "name": "podinfo"}], False, id="of another kind"),
        pytest.param(None, False, id="nobody's"),
    ],
)
def test_what_was_generated_for_a_release_is_known_by_its_owner(owners: Any, made: bool) -> None:
    assert outline_of(document()).made({"metadata": {"ownerReferences": owners}}) is made


def test_the_bounds_of_the_primarys_autoscaler_are_read() -> None:
    bounds = {"minReplicas": 2, "maxReplicas": 6}
    reference = {"name": "podinfo", "primaryScalerReplicas": bounds}
    assert canary_of(document({"spec.autoscalerRef": reference})).primary_bounds == bounds


def test_bounds_that_are_no_numbers_are_refused() -> None:
    reference = {"name": "podinfo", "primaryScalerReplicas": {"minReplicas": "two"}}
    with pytest.raises(Refused, match=r"spec.autoscalerRef.primaryScalerReplicas.minReplicas: is text"):
        canary_of(document({"spec.autoscalerRef": reference}))


def test_fields_that_only_sluice_knows_are_named() -> None:
    ours = document({"spec.analysis.metrics.0.scope": "route", "spec.analysis.gates": {}})
    assert front_of(ours).own_fields(ours) == ["spec.analysis.gates", "spec.analysis.metrics[0].scope"]


def test_a_canary_that_names_no_gateway_has_that_of_its_environment() -> None:
    unnamed = document({"spec.provider": MISSING, "spec.routeRef": MISSING})
    assert canary_of(unnamed, "istio").provider == "istio"
    assert outline_of(unnamed, "nginx").source is None
    assert canary_of(document(), "istio").provider == "apisix"
    with pytest.raises(Refused, match="without it nginx is meant"):
        canary_of(unnamed, "nginx")
