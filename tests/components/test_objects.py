"""How plain objects are declared."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from automation.core.kinds import Manifest
from components import objects
from tests.components import documents
from tests.stacks.programs import run


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
