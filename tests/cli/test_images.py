"""Images: how they are asked for, and what becomes of a stack's config when somebody else sets one."""

from __future__ import annotations

from typing import Any

import pytest

from automation.errors import ImageRefused
from cli.images import Image, changed_images, parse_image


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
