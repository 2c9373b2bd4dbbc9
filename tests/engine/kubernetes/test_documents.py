"""YAML is read as Kubernetes and the official CLI read it, not as Python does."""

from __future__ import annotations

from typing import Any

import pytest

from engine.yamltext import KubernetesLoader, PulumiLoader, load, load_all


@pytest.mark.parametrize(
    ("text", "kubernetes", "pulumi"),
    [
        ("n", False, "n"),
        ("Y", True, "Y"),
        ("on", True, "on"),
        ("No", False, "No"),
        ("true", True, True),
        ("nO", "nO", "nO"),
        ("12:30", "12:30", "12:30"),
        ("190:20:30", "190:20:30", "190:20:30"),
        ("2001-01-01", "2001-01-01", "2001-01-01"),
        ("1e3", 1000.0, 1000.0),
        (".5", 0.5, 0.5),
        ("-.inf", float("-inf"), float("-inf")),
        ("010", 8, 8),
        ("0o10", 8, 8),
        ("-0x1F", -31, -31),
        ("0b11", 3, 3),
        ("08", 8.0, 8.0),
        ("1_000", 1000, 1000),
        ("v1", "v1", "v1"),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("~", None, None),
        ("Null", None, None),
        ('"5"', "5", "5"),
        ("!!str 5", "5", "5"),
        ("nu_ll", "nu_ll", "nu_ll"),
        ("_1", "_1", "_1"),
    ],
)
def test_scalars(text: str, kubernetes: Any, pulumi: Any) -> None:
    assert load(f"a: {text}\n", KubernetesLoader) == {"a": kubernetes}
    assert load(f"a: {text}\n", PulumiLoader) == {"a": pulumi}


def test_keys_of_manifests_are_texts() -> None:
    assert load_all("n: 1\n16: 2\n1.5: 3\n---\n- {on: a}\n") == [
        {"false": 1, "16": 2, "1.5": 3},
        [{"true": "a"}],
    ]


def test_what_is_merged_is_merged() -> None:
    assert load("a: &a {x: 1}\nb: {<<: *a, y: 2}\n") == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}
