"""Custom resources: their definitions, and what becomes possible with them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.kubernetes.cluster import Cluster
from engine.kubernetes.outputs import untold
from engine.provider import Diff, ProviderError
from tests.engine.kubernetes.conftest import Resource

Make = Callable[..., Resource]
DEFINITION = "apiextensions.k8s.io/v1:CustomResourceDefinition"
_numbers = itertools.count(1)


@pytest.fixture
def group(cluster: Cluster) -> Iterator[str]:
    """A group of its own for each test; its definition is removed afterwards."""
    name = f"test{next(_numbers)}-{time.time_ns() % 10**9}.example.com"
    yield name
    definitions = cluster.collection("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    if definitions.get(f"widgets.{name}"):
        definitions.delete(f"widgets.{name}", "Background")


def definition(group: str, scope: str = "Namespaced", **spec_schema: Any) -> dict[str, Any]:
    schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True, **spec_schema}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": scope, "names": names, "versions": [version]},
    }


def widget(group: str, namespace: str = "", **spec: Any) -> dict[str, Any]:
    metadata = {"name": "w", **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": metadata, "spec": spec}


def test_a_custom_resource_right_after_its_definition(
    resource: Make, group: str, namespace: str, requests: list[str]
) -> None:
    resource(DEFINITION).up(definition(group))
    requests.clear()
    thing = resource(f"{group}/v1:Widget")
    assert thing.up(widget(group, namespace, size=1))["spec"] == {"size": 1}
    assert {request for request in requests if "widgets" not in request} == set()
    assert thing.up(widget(group, namespace, size=2))["spec"] == {"size": 2}
    assert thing.diff(widget(group, namespace, size=2)) == Diff()


def test_a_custom_resource_waits_for_its_definition(resource: Make, group: str, namespace: str) -> None:
    late = threading.Timer(0.4, resource(DEFINITION).up, (definition(group),))
    late.start()
    thing = resource(f"{group}/v1:Widget")
    thing.up(widget(group, namespace, size=1))
    late.join()
    assert thing.id == f"{namespace}/w"
    assert any('no matches for kind "Widget"' in text for _, text in thing.log)


@pytest.mark.parametrize(("scope", "id"), [("Namespaced", "default/w"), ("Cluster", "w")])
def test_a_kind_of_which_nothing_is_known_is_taken_to_live_in_namespaces(
    resource: Make, group: str, scope: str, id: str
) -> None:
    thing = resource(f"{group}/v1:Widget")
    early = thing.check(widget(group, size=1))
    assert early["metadata"] == {"name": "w", "namespace": "default"}
    resource(DEFINITION).up(definition(group, scope))
    thing.id, thing.outputs = thing.provider.create(thing.operation(), thing.type, early)
    assert thing.id == id
    thing.inputs = early
    assert thing.diff(widget(group, size=1)) == Diff()


def test_kinds_of_the_whole_cluster_get_no_namespace(resource: Make, group: str) -> None:
    resource(DEFINITION).up(definition(group, "Cluster"))
    thing = resource(f"{group}/v1:Widget")
    document = widget(group)
    # The garbage collector takes half a minute to learn of a kind, and a foreground deletion waits for it.
    document["metadata"]["annotations"] = {"pulumi.com/deletionPropagationPolicy": "background"}
    thing.up(document)
    assert thing.id == "w"
    thing.down()
    assert thing.read().id == ""


def test_definitions_are_changed_as_a_whole(resource: Make, group: str, requests: list[str]) -> None:
    thing = resource(DEFINITION)
    created = thing.up(definition(group))
    schema = created["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema == {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
    assert thing.diff(definition(group)) == Diff()
    requests.clear()
    changed = thing.up(definition(group, description="a widget"))
    assert changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] == "a widget"
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}"
    assert requests[:2] == [f"GET {path}", f"PUT {path}"]


def test_a_definition_takes_its_kind_along(resource: Make, group: str, namespace: str) -> None:
    thing = resource(DEFINITION)
    thing.up(definition(group))
    custom = resource(f"{group}/v1:Widget")
    custom.up(widget(group, namespace))
    thing.down()
    assert custom.read().id == ""
    custom.down()


def test_a_kind_that_nobody_defines_is_named_in_the_error(resource: Make, namespace: str) -> None:
    thing = resource("nobody.io/v1:Nothing", cancelled=lambda: True)
    document = {**widget("nobody.io", namespace), "kind": "Nothing"}
    assert thing.preview(document) == untold(document, document)
    with pytest.raises(ProviderError, match=r'no matches for kind "Nothing" in version "nobody\.io/v1"'):
        thing.up(document)
