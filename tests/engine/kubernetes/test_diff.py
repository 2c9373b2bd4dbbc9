"""What counts as a change, and which changes need a new object."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes.diff import diff, render
from engine.kubernetes.settings import Settings
from engine.provider import Change, Diff
from engine.values import UNKNOWN, Secret


def thing(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "test"}, **fields}


def compare(
    old: dict[str, Any],
    new: dict[str, Any],
    live: dict[str, Any] | None = None,
    settings: Settings | None = None,
) -> Diff:
    """The diff of a resource that was applied as `old`; `live` is what the server made of it."""
    outputs = {**(live or old), "__inputs": old}
    type = f"kubernetes:{old['apiVersion']}:{old['kind']}"
    return diff(type, old, outputs, new, settings or Settings())


def deployment(**spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "a:1"}
    defaults = {"selector": {"matchLabels": {"app": "x"}}, "template": {"spec": {"containers": [container]}}}
    return thing("apps/v1", "Deployment", spec={**defaults, **spec})


def test_equal_inputs_are_no_change() -> None:
    assert compare(deployment(), deployment()) == Diff()


def test_what_the_server_adds_is_no_change() -> None:
    live = {**deployment(replicas=3, progressDeadlineSeconds=600), "status": {"replicas": 3}}
    assert compare(deployment(), deployment(), live) == Diff()


def test_a_value_that_the_server_spells_otherwise_is_no_change() -> None:
    declared = deployment(minReadySeconds="5")
    assert compare(declared, declared, deployment(minReadySeconds=5)) == Diff()


def test_an_input_that_is_live_already_is_no_change() -> None:
    assert compare(deployment(replicas=1), deployment(replicas=2), deployment(replicas=2)) == Diff()


def test_a_change_that_was_refused_is_still_one() -> None:
    recorded, sent = deployment(replicas=1), deployment(replicas=2, minReadySeconds=5)
    outputs = {**deployment(replicas=1, progressDeadlineSeconds=600), "__inputs": sent}
    found = diff("kubernetes:apps/v1:Deployment", recorded, outputs, sent, Settings())
    assert set(found.detailed) == {"spec.replicas", "spec.minReadySeconds"}


@pytest.mark.parametrize(
    ("old", "new", "path", "kind"),
    [
        pytest.param(deployment(replicas=1), deployment(replicas=2), "spec.replicas", "update", id="changed"),
        pytest.param(deployment(), deployment(replicas=2), "spec.replicas", "add", id="added"),
        pytest.param(deployment(replicas=1), deployment(), "spec.replicas", "delete", id="removed"),
        pytest.param(deployment(a=["x"]), deployment(a=["x", "y"]), "spec.a[1]", "add", id="item added"),
        pytest.param(deployment(a=["x", "y"]), deployment(a=["x"]), "spec.a[1]", "delete", id="item removed"),
        pytest.param(deployment(a=["x"]), deployment(a=["y"]), "spec.a[0]", "update", id="item changed"),
        pytest.param(
            deployment(replicas=1), deployment(replicas=UNKNOWN), "spec.replicas", "update", id="unknown"
        ),
        pytest.param(deployment(a="1"), deployment(a={"b": 1}), "spec.a", "update", id="another shape"),
        pytest.param(
            deployment(a=True), deployment(a=1), "spec.a", "update", id="a number is no truth value"
        ),
    ],
)
def test_every_changed_path_is_listed(old: dict[str, Any], new: dict[str, Any], path: str, kind: str) -> None:
    found = compare(old, new)
    assert found.change is Change.SOME
    assert {path: change.kind for path, change in found.detailed.items()} == {path: kind}
    assert found.changed == ("spec",)
    assert found.replaces == ()


def test_the_field_manager_and_secrecy_are_no_change() -> None:
    secret = thing("v1", "Secret", data=Secret({"a": "eA=="}))
    plain = thing("v1", "Secret", data={"a": "eA=="})
    assert (
        diff("kubernetes:core/v1:Secret", secret, {**plain, "__inputs": secret}, plain, Settings()) == Diff()
    )


def test_without_notes_of_the_engine_the_old_inputs_count() -> None:
    found = diff(
        "t:apps/v1:Deployment", deployment(replicas=1), deployment(replicas=1), deployment(), Settings()
    )
    assert list(found.detailed) == ["spec.replicas"]


def test_no_namespace_is_the_namespace_default() -> None:
    old = {**thing("v1", "Service"), "metadata": {"name": "x", "namespace": "default"}}
    new = {**thing("v1", "Service"), "metadata": {"name": "x", "namespace": ""}}
    assert compare(old, new) == Diff()


def pod(**spec: Any) -> dict[str, Any]:
    return thing("v1", "Pod", spec={"containers": [{"name": "c", "image": "a:1"}], **spec})


REPLACING = [
    pytest.param(
        thing("v1", "ConfigMap", data={"a": "1"}), thing("v1", "ConfigMap", data={"a": "2"}), id="ConfigMap"
    ),
    pytest.param(
        thing("v1", "ConfigMap"), thing("v1", "ConfigMap", binaryData={"a": ""}), id="ConfigMap binary"
    ),
    pytest.param(
        thing("v1", "Secret", data={"a": "1"}), thing("v1", "Secret", data={"b": "1"}), id="Secret data"
    ),
    pytest.param(thing("v1", "Secret", type="a"), thing("v1", "Secret", type="b"), id="Secret type"),
    pytest.param(deployment(), deployment(selector={"matchLabels": {"app": "y"}}), id="Deployment selector"),
    pytest.param(
        thing("apps/v1", "StatefulSet", spec={"serviceName": "a"}),
        thing("apps/v1", "StatefulSet", spec={"serviceName": "b"}),
        id="StatefulSet service",
    ),
    pytest.param(
        thing("batch/v1", "Job", spec={"template": {"spec": {"a": 1}}}),
        thing("batch/v1", "Job", spec={"template": {"spec": {"a": 2}}}),
        id="Job template",
    ),
    pytest.param(pod(), pod(containers=[{"name": "c", "image": "a:2"}]), id="Pod image"),
    pytest.param(
        thing("v1", "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"]}),
        thing("v1", "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteMany"]}),
        id="claim access",
    ),
    pytest.param(
        thing("v1", "PersistentVolume", spec={"hostPath": {"path": "/a"}}),
        thing("v1", "PersistentVolume", spec={"hostPath": {"path": "/b"}}),
        id="volume source",
    ),
    pytest.param(
        thing("v1", "Service", spec={"clusterIP": "10.0.0.1"}),
        thing("v1", "Service", spec={"clusterIP": "None"}),
        id="Service address",
    ),
    pytest.param(
        thing("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "a"}),
        thing("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "b"}),
        id="role of a binding",
    ),
    pytest.param(
        thing("storage.k8s.io/v1", "StorageClass", provisioner="a"),
        thing("storage.k8s.io/v1", "StorageClass", provisioner="b"),
        id="provisioner",
    ),
]


@pytest.mark.parametrize(("old", "new"), REPLACING)
def test_fields_that_can_not_change_need_a_new_object(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = compare(old, new)
    assert found.replaces == tuple(found.detailed)
    assert all(change.kind.endswith("-replace") for change in found.detailed.values())
    assert found.delete_before_replace


UPDATING = [
    pytest.param(deployment(), deployment(template={"spec": {"containers": []}}), id="pod template"),
    pytest.param(pod(tolerations=[]), pod(tolerations=[{"key": "a"}]), id="Pod tolerations"),
    pytest.param(
        thing("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "1Gi"}}}),
        thing("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "2Gi"}}}),
        id="size of a claim",
    ),
    pytest.param(
        thing("v1", "Service", spec={"ports": [{"port": 80}]}),
        thing("v1", "Service", spec={"ports": [{"port": 81}]}),
        id="Service port",
    ),
    pytest.param(
        thing("policy/v1", "PodDisruptionBudget", spec={"minAvailable": 1}),
        thing("policy/v1", "PodDisruptionBudget", spec={"minAvailable": 2}),
        id="disruption budget",
    ),
]


@pytest.mark.parametrize(("old", "new"), UPDATING)
def test_other_fields_change_in_place(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = compare(old, new)
    assert found.change is Change.SOME
    assert found.replaces == ()
    assert not found.delete_before_replace


def test_config_maps_change_in_place_where_the_provider_says_so() -> None:
    old, new = (thing("v1", "ConfigMap", data={"a": text}) for text in "12")
    mutable = Settings(config_map_mutable=True)
    assert compare(old, new, settings=mutable).replaces == ()
    frozen = {**old, "immutable": True}
    assert compare(frozen, {**new, "immutable": True}, settings=mutable).replaces == ("data.a",)
    assert compare(old, {**new, "immutable": True}, settings=mutable).replaces == ("data.a",)
    assert compare(old, new, settings=Settings(secret_mutable=True)).replaces == ("data.a",)


def test_the_type_of_a_secret_that_may_change_can_not() -> None:
    old, new = (thing("v1", "Secret", type=type) for type in ("a", "b"))
    assert compare(old, new, settings=Settings(secret_mutable=True)).replaces == ("type",)


@pytest.mark.parametrize(
    ("metadata", "replaces", "delete_first"),
    [
        pytest.param({"name": "y", "namespace": "test"}, ("metadata.name",), False, id="another name"),
        pytest.param(
            {"name": "x", "namespace": "other"}, ("metadata.namespace",), False, id="another namespace"
        ),
    ],
)
def test_another_identity_is_another_object(
    metadata: dict[str, str], replaces: tuple[str, ...], delete_first: bool
) -> None:
    found = compare(thing("v1", "Service"), {**thing("v1", "Service"), "metadata": metadata})
    assert found.replaces == replaces
    assert found.delete_before_replace is delete_first


def test_an_object_with_an_automatic_name_is_created_before_the_old_one_goes() -> None:
    metadata = {"name": "x-1", "annotations": {"pulumi.com/autonamed": "true"}}
    old, new = ({**thing("v1", "ConfigMap", data={"a": text}), "metadata": metadata} for text in "12")
    assert not compare(old, new).delete_before_replace


def test_patches_are_replaced_for_another_object_only() -> None:
    old, new = (thing("v1", "ConfigMap", data={"a": text}) for text in "12")
    assert diff("kubernetes:core/v1:ConfigMapPatch", old, old, new, Settings()).replaces == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        (("metadata", "annotations", "a.b/c"), 'metadata.annotations["a.b/c"]'),
        (("data", "x-y_z"), "data.x-y_z"),
        (("data", "x/y z"), "data.x/y z"),
    ],
)
def test_paths_are_written_as_the_engine_reads_them(path: tuple[str | int, ...], text: str) -> None:
    assert render(path) == text
