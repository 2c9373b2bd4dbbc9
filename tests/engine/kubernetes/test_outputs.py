"""What the state keeps of an object."""

from __future__ import annotations

from engine.kubernetes.definitions import for_server, for_state
from engine.kubernetes.outputs import checkpoint, predicted_new, secret_like, untold
from engine.kubernetes.read import derived
from engine.kubernetes.shape import cut
from engine.values import UNKNOWN, Secret

LIVE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "x", "uid": "u", "resourceVersion": "1", "managedFields": [{"manager": "m"}]},
    "data": {"open": "1", "hidden": "2"},
    "status": {"a": 1},
}
INPUTS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"hidden": Secret("2")}}


def test_outputs_are_the_live_object_with_notes() -> None:
    outputs = checkpoint(LIVE, INPUTS, "manager")
    assert outputs["__inputs"] == INPUTS
    assert outputs["__initialApiVersion"] == "v1"
    assert outputs["__fieldManager"] == "manager"
    assert outputs["metadata"] == LIVE["metadata"]


def test_what_was_secret_going_in_is_secret_coming_out() -> None:
    assert secret_like(LIVE, INPUTS)["data"] == {"open": "1", "hidden": Secret("2")}
    assert secret_like(LIVE, {"data": Secret({})})["data"] == Secret({"open": "1", "hidden": "2"})


def test_the_data_of_a_secret_is_always_secret() -> None:
    applied = {
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "x": "y"}}
    }
    live = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}, **applied}
    marked = secret_like(live, {"data": {"a": "eA=="}})
    assert marked["data"] == Secret({"a": "eA=="})
    assert marked["metadata"]["annotations"] == {
        "kubectl.kubernetes.io/last-applied-configuration": Secret("{}"),
        "x": "y",
    }


def test_a_dry_run_foretells_nothing_that_is_chosen_anew() -> None:
    service = {
        **LIVE,
        "kind": "Service",
        "spec": {"clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9"], "type": "x"},
    }
    foretold = predicted_new(service, {"spec": {}})
    assert foretold["metadata"] == {
        "name": "x",
        "uid": UNKNOWN,
        "resourceVersion": UNKNOWN,
        "creationTimestamp": UNKNOWN,
    }
    assert foretold["spec"] == {"clusterIP": UNKNOWN, "clusterIPs": UNKNOWN, "type": "x"}
    assert "status" not in foretold
    assert predicted_new(service, {"spec": {"clusterIP": "None"}})["spec"]["clusterIP"] == "10.0.0.9"


def test_what_a_server_cannot_tell_yet_is_unknown() -> None:
    service = {"kind": "Service", "metadata": Secret({"name": "x"}), "spec": {"type": "x"}}

    told = untold(service, service)

    assert told["metadata"] == Secret(
        {"name": "x", "uid": UNKNOWN, "resourceVersion": UNKNOWN, "creationTimestamp": UNKNOWN}
    )
    assert told["spec"] == {"type": "x", "clusterIP": UNKNOWN, "clusterIPs": UNKNOWN}
    assert untold({"kind": "Service", "metadata": UNKNOWN}, {}) == {"kind": "Service", "metadata": UNKNOWN}


def test_inputs_are_refreshed_with_live_values_of_declared_fields_only() -> None:
    declared = {"a": 1, "b": {"c": "x"}, "list": [{"n": 1}], "gone": 1, "hidden": Secret("old")}
    live = {
        "a": 2,
        "b": {"c": "x", "d": "y"},
        "list": [{"n": 1, "m": 2}, {"n": 3}],
        "more": 1,
        "hidden": "new",
    }
    assert cut(declared, live) == {
        "a": 2,
        "b": {"c": "x"},
        "list": [{"n": 1}, {"n": 3}],
        "hidden": Secret("new"),
    }


def test_a_spelling_is_kept_where_it_means_the_same() -> None:
    assert cut({"limits": {"cpu": "0.5"}}, {"limits": {"cpu": "500m"}}) == {"limits": {"cpu": "0.5"}}
    assert cut({"limits": {"cpu": "0.5"}}, {"limits": {"cpu": "1"}}) == {"limits": {"cpu": "1"}}


def test_inputs_of_an_object_that_was_never_declared() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    live = {**LIVE, "metadata": {**LIVE["metadata"], "annotations": annotations}}
    assert derived(live) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"open": "1", "hidden": "2"},
    }


def test_definitions_are_spelled_for_their_readers() -> None:
    dashes = {
        "kind": "CustomResourceDefinition",
        "schema": [{"x-kubernetes-int-or-string": True, "x-other": 1}],
    }
    underscores = {
        "kind": "CustomResourceDefinition",
        "schema": [{"x_kubernetes_int_or_string": True, "x-other": 1}],
    }
    assert for_state(dashes) == underscores
    assert for_server(underscores) == dashes
    assert for_server({"x_kubernetes_a": 1}) == {"x_kubernetes_a": 1}
