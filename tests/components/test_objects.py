"""How plain objects are declared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from automation.core.kinds import Manifest
from components import objects
from tests.components import documents
from tests.engine.world import Thing, World
from tests.stacks.programs import run

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "word"}}


def declared(manifest: Manifest) -> dict[str, Any]:
    """The inputs of the resource that a manifest becomes."""
    [resource] = run(lambda: objects.register(manifest, pulumi.ResourceOptions()) and None).resources
    inputs: dict[str, Any] = resource.inputs
    return inputs


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_metadata_that_holds_nothing_is_left_out(field: str) -> None:
    """The API server does not keep it, so the official provider would find it missing at every update."""
    route = documents.route()
    route["metadata"] |= {"labels": {"a": "b"}, "annotations": {"c": "d"}} | {field: {}}
    assert set(declared(route)["metadata"]) == {"name", "namespace", "labels", "annotations"} - {field}


def test_neither_is_metadata_of_a_template_that_holds_nothing() -> None:
    target = documents.target()
    target["spec"]["template"]["metadata"] = {"labels": {"app": "podinfo"}, "annotations": {}}
    assert declared(target)["spec"]["template"]["metadata"] == {"labels": {"app": "podinfo"}}


def test_data_that_hold_nothing_are_left_out() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {}}
    assert "data" not in declared(config)
    assert declared({**config, "data": {"a": ""}})["data"] == {"a": ""}


def test_a_spec_keeps_what_holds_nothing() -> None:
    """There it may mean something: `emptyDir: {}` is a volume."""
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": {}}}
    assert declared(job)["spec"] == {"template": {}}


@pytest.mark.parametrize(
    ("manifest", "patch"),
    [
        (documents.target(), False),
        (documents.autoscaler(), False),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}, False),
        ({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": []}}, True),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_an_object_is_declared_as_by_the_class_of_its_kind(manifest: Manifest, patch: bool) -> None:
    group, version = manifest["apiVersion"].split("/") if "/" in manifest["apiVersion"] else ("core", "v1")
    module = getattr(getattr(kubernetes, group), version)
    typed = getattr(module, manifest["kind"] + ("Patch" if patch else ""))
    name = manifest["metadata"]["name"]
    fields = {field: manifest[field] for field in ("metadata", "spec", "data") if field in manifest}
    declare = objects.patch if patch else objects.register
    ours = run(lambda: declare(manifest, pulumi.ResourceOptions()) and None).requests
    theirs = run(lambda: typed(name, **fields) and None).requests
    for field in ("type", "name", "object", "dependencies", "additionalSecretOutputs", "protect"):
        assert getattr(ours[0], field) == getattr(theirs[0], field)


def test_what_a_secret_holds_is_secret_and_of_nothing_else_that_has_its_options() -> None:
    here = pulumi.ResourceOptions(protect=True)
    told = run(lambda: [objects.register(one, here) for one in (SECRET, documents.target())] and None)
    secret, target = told.options("Secret", "s"), told.options("Deployment", "podinfo")
    assert list(secret.additionalSecretOutputs) == ["data", "stringData"]
    assert list(target.additionalSecretOutputs) == []
    assert secret.protect
    assert target.protect
    assert secret.object["stringData"]["value"] == {"key": "word"}


class TestDeclareAfter:
    """What is declared in its turn is in the program as any other resource is, whatever becomes of the first."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return World.create(tmp_path)

    def program(self, **first: Any) -> Callable[[], None]:
        def declare() -> None:
            awaited = Thing("awaited", name="awaited", **first)
            objects.declare_after([awaited], lambda: Thing("later", name="later"))
            Thing("beside", name="beside", opts=pulumi.ResourceOptions(depends_on=[awaited]))

        return declare

    def test_it_comes_later_and_a_preview_has_it_too(self, world: World) -> None:
        assert world.preview(self.program()).op("later") == ["create"]
        names = [name for _, name in world.up(self.program()).ops]
        assert names.index("awaited") < names.index("later")
        assert world.up(self.program(), expect_no_changes=True).error is None

    @pytest.mark.parametrize("going_on", [False, True])
    def test_it_stays_where_the_first_fails(self, world: World, going_on: bool) -> None:
        world.up(self.program(color="red"))
        outcome = world.up(self.program(color="blue", fail="update"), continue_on_error=going_on)
        assert "update failed as asked" in outcome.diagnostics
        assert "Traceback" not in outcome.diagnostics
        assert "delete" not in {op for op, _ in outcome.ops}
        assert sorted(world.cloud.things()) == ["awaited", "beside", "later"]
