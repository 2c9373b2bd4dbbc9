"""Images: how they are asked for, and what becomes of a stack's config when somebody else sets one."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from automation.core.kinds import CANARY, DEPLOYMENT
from automation.errors import ImageRefused, NothingToDo
from automation.inmemory.cluster import MemoryCluster
from cli.environment import Environment
from cli.images import Image, changed_images, parse_image, set_image
from stacks import settings_for
from tests.components import documents


def test_an_image_names_its_container() -> None:
    assert parse_image("podinfod=registry:5000/podinfo:6.0.1") == Image(
        "podinfod", "registry:5000/podinfo:6.0.1"
    )


@pytest.mark.parametrize("text", ["podinfo:6.0.1", "=podinfo:6.0.1", "podinfod=", "podinfod=podinfo: 6.0.1"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ImageRefused, match="which container") as caught:
        parse_image(text)
    assert "CONTAINER=IMAGE" in caught.value.remedy


@pytest.mark.parametrize(
    ("configured", "changed"),
    [
        pytest.param({}, {"podinfo/c": {"image": "x:2"}}, id="nobody asked for it: it becomes config"),
        pytest.param({"podinfo/c": "x:2"}, {}, id="config asks for it"),
        pytest.param(
            {"podinfo/c": {"image": "x:1", "request": "r"}},
            {"podinfo/c": {"image": "x:2", "request": "r"}},
            id="an older request keeps its id",
        ),
        pytest.param(
            {"other/c": "x:1"}, {"podinfo/c": {"image": "x:2"}}, id="another target's entry says nothing"
        ),
    ],
)
def test_a_live_image_is_taken_over(configured: dict[str, Any], changed: dict[str, Any]) -> None:
    assert changed_images("podinfo", {"c": "x:2"}, configured, {"c": "x:1"}) == changed


def test_the_declared_image_needs_no_config() -> None:
    assert changed_images("podinfo", {"c": "x:1"}, {}, {"c": "x:1"}) == {}


@pytest.mark.parametrize("phase", ["Terminating", "Terminated"])
def test_no_image_is_set_where_it_would_be_judged_by_nobody(phase: str) -> None:
    cluster = MemoryCluster()
    cluster.put(CANARY, {**documents.canary_document(), "status": {"phase": phase}})
    cluster.put(DEPLOYMENT, documents.target())
    opened: Any = SimpleNamespace(cluster=cluster, settings=settings_for("dev"))
    opened.canary = partial(Environment.canary, opened)
    with pytest.raises(
        NothingToDo, match=r"is retired: to have it released, apply it anew after: kubectl -n test"
    ):
        set_image(opened, ("test", "podinfo"), Image("podinfod", "podinfo:9"), "r")
    target = cluster.get(DEPLOYMENT, "test", "podinfo")
    assert target is not None
    assert target["spec"] == documents.target()["spec"]
