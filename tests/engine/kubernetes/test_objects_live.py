"""Objects on a real API server: created, changed, owned, read, taken away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.kubernetes.cluster import Cluster, Write
from engine.kubernetes.conflict import Conflict
from engine.kubernetes.outputs import untold
from engine.provider import Diff, InitFailed, ProviderError
from engine.values import UNKNOWN, Secret, reveal
from tests.engine.kubernetes.conftest import Resource, eventually

CONFIG_MAP = "core/v1:ConfigMap"
Make = Callable[..., Resource]


def config_map(namespace: str, name: str = "settings", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def annotated(document: dict[str, Any], **annotations: str) -> dict[str, Any]:
    named = {f"pulumi.com/{name}": value for name, value in annotations.items()}
    return {**document, "metadata": {**document["metadata"], "annotations": named}}


def managers(outputs: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["manager"], entry["operation"]) for entry in outputs["metadata"]["managedFields"]]


def live(cluster: Cluster, namespace: str, name: str = "settings") -> dict[str, Any]:
    found = cluster.collection("v1", "ConfigMap", namespace).get(name)
    assert found
    return found


def test_each_step_costs_few_requests(resource: Make, namespace: str, requests: list[str]) -> None:
    thing, path = resource(CONFIG_MAP), f"/api/v1/namespaces/{namespace}/configmaps"
    thing.up(config_map(namespace, a="1"))
    assert requests == [f"POST {path}"]
    requests.clear()
    assert thing.diff(config_map(namespace, a="1")) == Diff()
    assert requests == []
    thing.up(config_map(namespace, a="2"))
    assert requests == [f"GET {path}/settings", f"PATCH {path}/settings", f"PATCH {path}/settings"]
    requests.clear()
    thing.up(config_map(namespace, a="3"))
    assert requests == [f"GET {path}/settings", f"PATCH {path}/settings"]


def test_the_first_update_moves_all_fields_to_one_manager(resource: Make, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    created = thing.up(config_map(namespace, a="1", b="1"))
    assert managers(created) == [("pulumi-kubernetes", "Update")]
    updated = thing.up(config_map(namespace, a="2"))
    assert updated["data"] == {"a": "2"}
    assert managers(updated) == [(created["__fieldManager"], "Apply")]
    assert updated["__inputs"] == thing.inputs


def test_the_namespace_is_the_default_one_of_the_kubeconfig(resource: Make) -> None:
    thing = resource(CONFIG_MAP, name="autonamed")
    thing.up({"apiVersion": "v1", "kind": "ConfigMap"})
    assert thing.id == "default/autonamed-0a1b2c3d"
    thing.down()


def test_an_object_that_exists_is_not_taken_over_by_accident(resource: Make, namespace: str) -> None:
    resource(CONFIG_MAP).up(config_map(namespace, a="1"))
    with pytest.raises(ProviderError, match=rf'ConfigMap "{namespace}/settings" already exists: adopt it'):
        resource(CONFIG_MAP).up(config_map(namespace, a="2"))
    adopted = resource(CONFIG_MAP).configured(upsert=True, patch_force=True).up(config_map(namespace, a="2"))
    assert adopted["data"] == {"a": "2"}


def test_what_kubectl_wrote_is_taken_over(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    cluster.collection("v1", "ConfigMap", namespace).merge(
        "settings", {"data": {"b": "x"}}, Write("kubectl-edit")
    )
    assert thing.preview(config_map(namespace, a="1", b="y"))["data"] == {"a": "1", "b": "y"}
    assert thing.up(config_map(namespace, a="1", b="y"))["data"] == {"a": "1", "b": "y"}


def test_fields_of_another_manager_are_a_conflict_that_names_it(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    theirs = config_map(namespace, a="theirs")
    cluster.collection("v1", "ConfigMap", namespace).apply("settings", theirs, Write("flux", force=True))
    with pytest.raises(InitFailed, match=r'\.data\.a: owned by "flux"\nTake them over with') as caught:
        thing.up(config_map(namespace, a="2"))
    assert isinstance(caught.value.__cause__, Conflict)
    assert caught.value.__cause__.fields == {".data.a": "flux"}
    assert caught.value.outputs["data"] == live(cluster, namespace)["data"] == {"a": "theirs"}
    with pytest.raises(InitFailed):
        thing.preview(config_map(namespace, a="2"))
    assert thing.up(annotated(config_map(namespace, a="2"), patchForce="true"))["data"] == {"a": "2"}


def test_fields_applied_by_kubectl_are_taken_over(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    theirs = config_map(namespace, a="theirs")
    cluster.collection("v1", "ConfigMap", namespace).apply("settings", theirs, Write("kubectl", force=True))
    assert thing.up(config_map(namespace, a="2"))["data"] == {"a": "2"}


def test_a_manager_that_changes_leaves_nothing_behind(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    thing = resource(CONFIG_MAP)
    for manager, data in (("one", {"a": "1"}), ("one", {"a": "2"}), ("two", {"a": "3", "b": "3"})):
        thing.up(annotated(config_map(namespace, **data), patchFieldManager=manager, patchForce="true"))
    managers = {entry["manager"] for entry in live(cluster, namespace)["metadata"]["managedFields"]}
    assert managers == {"two"}


def test_a_fixed_manager_may_write_from_elsewhere(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    fixed = {"patchFieldManager": "release"}
    thing.up(annotated(config_map(namespace, a="1"), **fixed))
    thing.up(annotated(config_map(namespace, a="2"), **fixed))
    elsewhere = annotated(config_map(namespace, a="3"), **fixed)
    cluster.collection("v1", "ConfigMap", namespace).apply(
        "settings", elsewhere, Write("release", force=True)
    )
    assert managers(thing.up(annotated(config_map(namespace, a="4"), **fixed))) == [("release", "Apply")]


def test_ignored_fields_stay_as_somebody_else_left_them(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    thing = resource(CONFIG_MAP, ignore_changes=("data.a",))
    thing.up(config_map(namespace, a="1"))
    theirs = config_map(namespace, a="theirs")
    cluster.collection("v1", "ConfigMap", namespace).apply("settings", theirs, Write("flux", force=True))
    assert thing.up(config_map(namespace, a="1", b="2"))["data"] == {"a": "theirs", "b": "2"}


def test_without_server_side_apply_a_merge_patch_does(
    resource: Make, namespace: str, requests: list[str]
) -> None:
    thing = resource(CONFIG_MAP).configured(server_side_apply=False)
    thing.up(config_map(namespace, a="1", b="1"))
    assert thing.up(config_map(namespace, a="2"))["data"] == {"a": "2"}
    assert managers(thing.outputs) == [("pulumi-kubernetes", "Update")]


def test_a_preview_of_a_new_object_is_tried_on_the_server(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    outputs = resource("core/v1:Service").preview(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s", "namespace": namespace},
            "spec": {"ports": [{"port": 80}]},
        }
    )
    assert outputs["spec"]["type"] == "ClusterIP"
    assert outputs["spec"]["clusterIP"] is UNKNOWN
    assert outputs["metadata"]["uid"] is UNKNOWN
    assert cluster.collection("v1", "Service", namespace).get("s") is None


@pytest.mark.parametrize("space", ["not-there-yet", UNKNOWN], ids=["not there yet", "unknown"])
def test_a_preview_that_can_not_be_tried_shows_the_inputs_and_what_is_unknown(
    resource: Make, space: Any
) -> None:
    document = config_map(space, a="1")
    assert resource(CONFIG_MAP).preview(document) == untold(document, document)


def test_a_preview_finds_what_the_server_will_refuse(resource: Make, namespace: str) -> None:
    with pytest.raises(ProviderError, match="a valid config key must consist of"):
        resource(CONFIG_MAP).preview({**config_map(namespace), "data": {"no key!": "x"}})


def test_a_preview_of_a_change_changes_nothing(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    assert thing.preview(config_map(namespace, a="2"))["data"] == {"a": "2"}
    assert live(cluster, namespace)["data"] == {"a": "1"}


def test_a_preview_follows_what_the_update_will_take_over(resource: Make, namespace: str) -> None:
    def service(port: int) -> dict[str, Any]:
        metadata = {"name": "s", "namespace": namespace}
        spec = {"ports": [{"name": "http", "port": port}], "clusterIP": "None"}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    thing = resource("core/v1:Service")
    thing.up(service(80))
    assert [port["port"] for port in thing.preview(service(81))["spec"]["ports"]] == [81]
    assert [port["port"] for port in thing.up(service(81))["spec"]["ports"]] == [81]
    assert [port["port"] for port in thing.preview(service(82))["spec"]["ports"]] == [82]


def test_warnings_of_the_server_are_shown(resource: Make, namespace: str) -> None:
    thing = resource("core/v1:Service")
    spec = {"ports": [{"port": 80}], "clusterIP": "None", "publishAll": True}
    metadata = {"name": "s", "namespace": namespace}
    thing.up({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    assert ("warning", 'unknown field "spec.publishAll"') in thing.log


def test_an_object_waits_for_its_namespace(resource: Make, cluster: Cluster) -> None:
    name = f"late-{time.time_ns()}"
    namespaces = cluster.collection("v1", "Namespace")
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    late = threading.Timer(0.4, namespaces.create, (document, Write()))
    late.start()
    thing = resource(CONFIG_MAP)
    assert thing.up(config_map(name, a="1"))["data"] == {"a": "1"}
    assert next(text for _, text in thing.log).startswith(f'Retry: namespaces "{name}" not found')
    late.join()
    namespaces.delete(name, "Background")


def test_waiting_for_a_namespace_ends_when_interrupted(resource: Make) -> None:
    with pytest.raises(ProviderError, match='namespaces "nowhere" not found'):
        resource(CONFIG_MAP, cancelled=lambda: True).up(config_map("nowhere"))


def test_secret_data_is_secret_in_the_state(resource: Make, namespace: str) -> None:
    thing = resource("core/v1:Secret")
    metadata = {"name": "s", "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": Secret({"key": "value"}),
    }
    assert thing.up(document)["data"] == Secret({"key": "dmFsdWU="})
    assert thing.diff(document) == Diff()
    found = thing.read()
    assert found.outputs["data"] == Secret({"key": "dmFsdWU="})
    assert found.inputs == thing.inputs
    by_id = resource("core/v1:Secret", id=thing.id).read()
    assert by_id.inputs
    assert by_id.inputs["data"] == Secret({"key": "dmFsdWU="})


def test_a_refresh_brings_drift_into_inputs_and_outputs(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    patch = {"data": {"a": "drifted", "more": "x"}}
    cluster.collection("v1", "ConfigMap", namespace).merge("settings", patch, Write("kubectl"))
    found = thing.read()
    assert found.inputs == config_map(namespace, a="drifted")
    thing.inputs, thing.outputs = found.inputs, found.outputs
    assert list(thing.configured(config_map_mutable=True).diff(config_map(namespace, a="1")).detailed) == [
        "data.a"
    ]


def test_an_object_is_found_by_its_id_alone(resource: Make, cluster: Cluster, namespace: str) -> None:
    resource(CONFIG_MAP).up(config_map(namespace, a="1"))
    found = resource(CONFIG_MAP, id=f"{namespace}/settings").read()
    assert found.id == f"{namespace}/settings"
    assert found.inputs == config_map(namespace, a="1")
    assert resource("core/v1:Namespace", id=namespace).read().outputs["status"] == {"phase": "Active"}


@pytest.mark.parametrize("type", [CONFIG_MAP, "nobody.io/v1:Nothing"])
def test_what_is_not_there_is_read_as_gone(resource: Make, namespace: str, type: str) -> None:
    assert resource(type, id=f"{namespace}/nothing").read().id == ""


def test_an_update_of_what_somebody_deleted_says_so(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    cluster.collection("v1", "ConfigMap", namespace).delete("settings", "Background")
    with pytest.raises(ProviderError, match=r"somebody deleted it\. Run `refresh` first"):
        thing.up(config_map(namespace, a="2"))
    thing.down()


def test_deletion_waits_until_the_object_is_gone(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(config_map(namespace, a="1"))
    collection = cluster.collection("v1", "ConfigMap", namespace)
    collection.merge("settings", {"metadata": {"finalizers": ["example.com/hold"]}}, Write("kubectl"))
    release = threading.Timer(
        0.5, collection.merge, ("settings", {"metadata": {"finalizers": None}}, Write("kubectl"))
    )
    started = time.monotonic()
    release.start()
    thing.down()
    assert time.monotonic() - started >= 0.5
    assert collection.get("settings") is None
    release.join()


def test_a_deletion_that_is_held_up_says_by_what(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP, timeout=0.5)
    thing.up(config_map(namespace, a="1"))
    collection = cluster.collection("v1", "ConfigMap", namespace)
    collection.merge("settings", {"metadata": {"finalizers": ["example.com/hold"]}}, Write("kubectl"))
    with pytest.raises(
        ProviderError, match=r"after it was deleted; it waits for the finalizers .*example.com/hold"
    ):
        thing.down()
    collection.merge("settings", {"metadata": {"finalizers": None}}, Write("kubectl"))


@pytest.mark.parametrize(("policy", "stays"), [("orphan", True), ("foreground", False)])
def test_what_an_object_owns_goes_or_stays_with_it(
    resource: Make, cluster: Cluster, namespace: str, policy: str, stays: bool
) -> None:
    owner = resource(CONFIG_MAP)
    uid = owner.up(annotated(config_map(namespace), deletionPropagationPolicy=policy))["metadata"]["uid"]
    owned = config_map(namespace, "owned")
    owned["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "settings", "uid": uid, "blockOwnerDeletion": True}
    ]
    collection = cluster.collection("v1", "ConfigMap", namespace)
    collection.create(owned, Write())
    owner.down()
    assert (collection.get("owned") is not None) is stays


def test_an_unknown_deletion_policy_is_none(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    thing.up(annotated(config_map(namespace), deletionPropagationPolicy="later"))
    thing.down()
    assert cluster.collection("v1", "ConfigMap", namespace).get("settings") is None


def test_an_object_that_is_going_is_waited_for(resource: Make, cluster: Cluster, namespace: str) -> None:
    held = config_map(namespace)
    held["metadata"]["finalizers"] = ["example.com/hold"]
    collection = cluster.collection("v1", "ConfigMap", namespace)
    collection.create(held, Write())
    collection.delete("settings", "Background")
    thing = resource(CONFIG_MAP)
    creating = threading.Thread(target=thing.up, args=(config_map(namespace, a="1"),))
    creating.start()
    eventually(lambda: any(text.startswith("Retry: ") for _, text in thing.log))
    collection.merge("settings", {"metadata": {"finalizers": None}}, Write())
    creating.join(20)
    assert live(cluster, namespace)["data"] == {"a": "1"}


def test_a_patch_owns_its_fields_and_gives_them_back(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    resource(CONFIG_MAP).up(config_map(namespace, a="1"))
    patch = resource("core/v1:ConfigMapPatch")
    assert patch.up(config_map(namespace, b="2"))["data"] == {"a": "1", "b": "2"}
    assert patch.up(config_map(namespace, c="3"))["data"] == {"a": "1", "c": "3"}
    patch.down()
    assert live(cluster, namespace)["data"] == {"a": "1"}


def test_a_secret_input_stays_secret(resource: Make, namespace: str) -> None:
    thing = resource(CONFIG_MAP)
    document = {**config_map(namespace), "data": {"open": "1", "hidden": Secret("2")}}
    outputs = thing.up(document)
    assert outputs["data"] == {"open": "1", "hidden": Secret("2")}
    assert reveal(outputs)["data"] == {"open": "1", "hidden": "2"}
