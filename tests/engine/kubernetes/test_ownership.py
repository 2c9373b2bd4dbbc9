"""Who owns fields: handing them over, and leaving ignored ones to others."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes.ignoring import leave_to_owners, steps
from engine.kubernetes.ownership import handover, owners

OURS = "pulumi-kubernetes-0a1b2c3d"


def entry(
    manager: str, fields: dict[str, Any], operation: str = "Update", subresource: str = ""
) -> dict[str, Any]:
    found = {"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": fields}
    return {**found, "subresource": subresource} if subresource else found


def deployment(*managed: dict[str, Any], replicas: int = 2, image: str = "a:1") -> dict[str, Any]:
    containers = [{"name": "side", "image": "s:1"}, {"name": "app", "image": image}]
    return {
        "metadata": {"name": "x", "resourceVersion": "7", "managedFields": list(managed)},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
    }


def image_of(container: str) -> dict[str, Any]:
    item = {f'k:{{"name":"{container}"}}': {"f:image": {}}}
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": item}}}}


REPLICAS = {"f:spec": {"f:replicas": {}}}


def test_fields_of_plain_updates_are_handed_over() -> None:
    live = deployment(
        entry("pulumi-kubernetes", REPLICAS), entry("kubectl-set", image_of("app")), entry("hpa", {})
    )
    managed, version = handover(live, OURS)
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert managed["path"] == "/metadata/managedFields"
    assert [(item["manager"], item["operation"]) for item in managed["value"]] == [
        ("hpa", "Update"),
        (OURS, "Apply"),
    ]
    spec = managed["value"][1]["fieldsV1"]["f:spec"]
    assert set(spec) == {"f:replicas", "f:template"}


def test_fields_are_added_to_what_is_ours_already() -> None:
    live = deployment(entry(OURS, image_of("app"), "Apply"), entry("kubectl-edit", REPLICAS))
    (ours,) = handover(live, OURS)[0]["value"]
    assert set(ours["fieldsV1"]["f:spec"]) == {"f:replicas", "f:template"}


@pytest.mark.parametrize(
    "managed",
    [
        pytest.param(entry(OURS, REPLICAS, "Apply"), id="ours"),
        pytest.param(entry("flux", REPLICAS, "Apply"), id="applied by others"),
        pytest.param(entry("kubectl", REPLICAS, subresource="scale"), id="scaled"),
        pytest.param(entry("kube-controller-manager", REPLICAS), id="a controller's"),
    ],
)
def test_other_fields_are_not_handed_over(managed: dict[str, Any]) -> None:
    assert handover(deployment(managed), OURS) == []


def test_the_objects_own_record_is_not_touched() -> None:
    live = deployment(entry(OURS, image_of("app"), "Apply"), entry("kubectl-edit", REPLICAS))
    handover(live, OURS)
    assert live == deployment(entry(OURS, image_of("app"), "Apply"), entry("kubectl-edit", REPLICAS))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("spec", "replicas"), {"hpa"}),
        (("spec", "template", "spec", "containers", 1, "image"), {"ci"}),
        (("spec", "template", "spec", "containers", 0, "image"), set()),
        (("spec",), {"hpa", "ci"}),
        (("spec", "paused"), set()),
    ],
    ids=["a field", "an item's field", "of another item", "all below", "nobody's"],
)
def test_owners_of_a_path(path: tuple[str | int, ...], found: set[str]) -> None:
    assert owners(deployment(entry("hpa", REPLICAS), entry("ci", image_of("app"))), path) == found


def test_whole_values_and_sets_are_owned_too() -> None:
    live = {
        "metadata": {
            "finalizers": ["a"],
            "managedFields": [entry("x", {"f:metadata": {"f:finalizers": {'v:"a"': {}}}})],
        },
        "spec": {"args": ["1"]},
    }
    live["metadata"]["managedFields"].append(entry("y", {"f:spec": {"f:args": {}}}))
    assert owners(live, ("metadata", "finalizers", 0)) == {"x"}
    assert owners(live, ("spec", "args", 0)) == {"y"}


def test_ignored_fields_of_others_are_not_sent() -> None:
    live = deployment(entry("hpa", REPLICAS), entry("ci", image_of("app")), replicas=5, image="a:2")
    ignored = ["spec.replicas", "spec.template.spec.containers[1].image"]
    patch = leave_to_owners(deployment(), live, ignored, OURS)
    assert "replicas" not in patch["spec"]
    assert patch["spec"]["template"]["spec"]["containers"] == [
        {"name": "side", "image": "s:1"},
        {"name": "app"},
    ]


def test_ignored_fields_of_ours_are_sent_as_they_are_live() -> None:
    live = deployment(
        entry("hpa", REPLICAS),
        entry(OURS, REPLICAS, "Apply"),
        entry(OURS, image_of("app"), "Apply"),
        replicas=5,
        image="a:2",
    )
    patch = leave_to_owners(
        deployment(), live, ["spec.replicas", "spec.template.spec.containers[*].image"], OURS
    )
    assert patch["spec"]["replicas"] == 5
    assert [item["image"] for item in patch["spec"]["template"]["spec"]["containers"]] == ["s:1", "a:2"]


def test_a_number_of_replicas_that_was_set_by_kubectl_is_not_sent() -> None:
    """Whoever sets another one between the reading and the sending would have it undone."""
    scaled = {**entry("kubectl", REPLICAS), "subresource": "scale"}
    live = deployment(scaled, replicas=5)
    assert "replicas" not in leave_to_owners(deployment(), live, ["spec.replicas"], OURS)["spec"]


@pytest.mark.parametrize("first", [False, True], ids=["behind another's", "before another's"])
def test_an_ignored_item_is_found_by_its_key_wherever_it_stands(first: bool) -> None:
    live = deployment(entry("injector", image_of("side")), entry(OURS, image_of("app"), "Apply"), image="a:1")
    if first:
        live["spec"]["template"]["spec"]["containers"].reverse()
    body = deployment(image="a:2")
    del body["spec"]["template"]["spec"]["containers"][0]
    patch = leave_to_owners(body, live, ["spec.template.spec.containers[0].image"], OURS)
    assert patch["spec"]["template"]["spec"]["containers"] == [{"name": "app", "image": "a:1"}]


def test_an_ignored_field_of_an_item_that_is_not_live_is_sent_as_declared() -> None:
    ports = {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:port": {}}}}}
    live = {
        "metadata": {"managedFields": [entry(OURS, ports, "Apply")]},
        "spec": {"ports": [{"port": 80, "protocol": "TCP"}]},
    }
    body = {"spec": {"ports": [{"port": 80}, {"port": 92}]}}
    assert leave_to_owners(body, live, ["spec.ports[*].port"], OURS) == body


def test_ignored_fields_that_are_nowhere_change_nothing() -> None:
    assert leave_to_owners(deployment(), deployment(), ["spec.nothing", "status"], OURS) == deployment()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("spec.replicas", ("spec", "replicas")),
        ("spec.containers[0].image", ("spec", "containers", 0, "image")),
        ('metadata.annotations["a.b/c"]', ("metadata", "annotations", "a.b/c")),
        ("spec.*", ("spec", "*")),
        ("spec.items[*].name", ("spec", "items", "*", "name")),
    ],
)
def test_property_paths_are_read(text: str, path: tuple[str | int, ...]) -> None:
    assert steps(text) == path
