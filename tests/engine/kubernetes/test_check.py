"""Inputs made complete: names, namespaces, server fields, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes.check import Naming, complete, labelled, problem
from engine.values import UNKNOWN, Secret, reveal

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
PATCH = "kubernetes:core/v1:ConfigMapPatch"
NAMING = Naming(base="settings", suffix="0a1b2c3d", namespace="test")


def config_map(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}


def told(wait: Any, **others: str) -> dict[str, Any]:
    annotations = {f"pulumi.com/{key}": value for key, value in {"waitFor": wait, **others}.items()}
    return config_map(name="mine", annotations=annotations)


def test_a_resource_without_a_name_is_named_after_itself() -> None:
    inputs = complete(CONFIG_MAP, {}, {"apiVersion": "v1", "kind": "ConfigMap"}, NAMING)
    assert inputs["metadata"] == {
        "name": "settings-0a1b2c3d",
        "namespace": "test",
        "annotations": {"pulumi.com/autonamed": "true"},
    }


def test_an_automatic_name_is_kept() -> None:
    olds = complete(CONFIG_MAP, {}, config_map(), NAMING)
    again = complete(CONFIG_MAP, olds, config_map(), Naming("settings", "ffffffff", "test"))
    assert again == olds


def test_a_name_that_was_given_once_is_not_adopted() -> None:
    inputs = complete(CONFIG_MAP, config_map(name="mine"), config_map(), NAMING)
    assert inputs["metadata"] == {"namespace": "test"}


def test_a_given_name_and_namespace_stay() -> None:
    inputs = complete(CONFIG_MAP, {}, config_map(name="mine", namespace="other"), NAMING)
    assert inputs["metadata"] == {"name": "mine", "namespace": "other"}


def test_an_unknown_name_stays_unknown() -> None:
    inputs = complete(CONFIG_MAP, {}, config_map(name=UNKNOWN), NAMING)
    assert inputs["metadata"]["name"] is UNKNOWN


def test_fields_that_only_the_server_writes_are_dropped() -> None:
    written = {
        "uid": "u",
        "resourceVersion": "7",
        "creationTimestamp": None,
        "managedFields": [],
        "generation": 1,
    }
    inputs = complete(CONFIG_MAP, {}, config_map(name="mine", **written), NAMING)
    assert inputs["metadata"] == {"name": "mine", "namespace": "test"}


def test_kinds_of_the_whole_cluster_get_no_namespace() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    assert complete("kubernetes:core/v1:Namespace", {}, namespace, Naming("x", "0")) == namespace


def test_the_texts_of_a_secret_become_its_data() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": Secret({"key": "value"}),
    }
    inputs = complete("kubernetes:core/v1:Secret", {}, {**secret, "data": Secret({"other": "eA=="})}, NAMING)
    assert "stringData" not in inputs
    assert inputs["data"] == Secret({"other": "eA==", "key": "dmFsdWU="})


def test_the_data_of_a_secret_is_secret_however_it_was_given() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "eA=="}}
    assert complete("kubernetes:core/v1:Secret", {}, secret, NAMING)["data"] == Secret({"key": "eA=="})


def test_unknown_texts_of_a_secret_are_left_for_the_update() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": UNKNOWN}}
    assert complete("kubernetes:core/v1:Secret", {}, secret, NAMING)["stringData"] == Secret({"key": UNKNOWN})


def test_nulls_mean_absence_for_built_in_kinds_only() -> None:
    custom = {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"limit": None}}
    assert "spec" not in complete(CONFIG_MAP, {}, {**config_map(name="m"), "spec": None}, NAMING)
    assert complete("kubernetes:x.io/v1:Thing", {}, custom, NAMING)["spec"] == {"limit": None}


def test_the_inputs_of_the_program_are_not_touched() -> None:
    news = config_map(uid="u")
    complete(CONFIG_MAP, {}, news, NAMING)
    assert news == config_map(uid="u")


def test_secrecy_of_inputs_survives() -> None:
    news = {**config_map(name="m"), "data": {"a": Secret("b")}}
    inputs = complete(CONFIG_MAP, {}, news, NAMING)
    assert inputs["data"] == {"a": Secret("b")}
    assert reveal(inputs)["data"] == {"a": "b"}


@pytest.mark.parametrize(
    ("type", "inputs", "server_side", "says"),
    [
        pytest.param(
            "kubernetes:core/v1:PodList",
            {"apiVersion": "v1", "kind": "PodList", "items": []},
            True,
            "list resources exist for compatibility",
            id="lists are refused",
        ),
        pytest.param(
            CONFIG_MAP, {"kind": "ConfigMap"}, True, "field apiVersion", id="an apiVersion is needed"
        ),
        pytest.param(CONFIG_MAP, {"apiVersion": "v1"}, True, "field kind", id="a kind is needed"),
        pytest.param(CONFIG_MAP, config_map(generateName="x-"), True, "generateName", id="no generateName"),
        pytest.param(PATCH, config_map(), True, "require the `.metadata.name` field", id="patches name"),
        pytest.param(PATCH, config_map(name="x"), False, "enableServerSideApply", id="patches are applied"),
        pytest.param(CONFIG_MAP, told("Ready"), True, "waitFor is neither", id="a wait says something"),
    ],
)
def test_impossible_inputs_are_refused(
    type: str, inputs: dict[str, Any], server_side: bool, says: str
) -> None:
    assert says in problem(type, inputs, server_side)


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(told("condition=Ready"), id="a wait that is understood"),
        pytest.param(told("Ready", skipAwait="true"), id="a wait that is skipped"),
        pytest.param(told(UNKNOWN), id="a wait that is not known yet"),
        pytest.param({"apiVersion": UNKNOWN, "kind": UNKNOWN}, id="a kind that is not known yet"),
    ],
)
def test_possible_inputs(inputs: dict[str, Any]) -> None:
    assert problem(CONFIG_MAP, inputs, server_side_apply=True) == ""


def test_without_server_side_apply_the_server_may_make_the_name() -> None:
    inputs = complete(CONFIG_MAP, {}, config_map(generateName="x-"), NAMING)
    assert problem(CONFIG_MAP, inputs, server_side_apply=False) == ""
    assert inputs["metadata"] == {"generateName": "x-", "namespace": "test"}


@pytest.mark.parametrize(
    ("olds", "server_side_apply", "expected"),
    [
        ({}, True, None),
        ({}, False, {"team": "shop", "app.kubernetes.io/managed-by": "pulumi"}),
        (config_map(), False, None),
        (
            config_map(labels={"app.kubernetes.io/managed-by": "pulumi"}),
            True,
            {"team": "shop", "app.kubernetes.io/managed-by": "pulumi"},
        ),
    ],
)
def test_objects_made_without_field_managers_say_whose_they_are(
    olds: dict[str, Any], server_side_apply: bool, expected: dict[str, str] | None
) -> None:
    inputs = labelled(olds, config_map(labels={"team": "shop"}), server_side_apply)

    assert inputs["metadata"]["labels"] == (expected or {"team": "shop"})
