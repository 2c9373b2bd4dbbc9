"""Paths to one place in plain data."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.field_path import FieldPath

DATA = {
    "spec": {"replicas": 3, "list": [{"name": "a"}, {"name": "b"}]},
    "metadata": {"labels": {"app.kubernetes.io/name": "demo", "": "empty"}},
    "ok": True,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("spec.replicas", 3),
        ("metadata.labels['app.kubernetes.io/name']", "demo"),
        ('metadata.labels["app.kubernetes.io/name"]', "demo"),
        ("{$.spec.list[1].name}", "b"),
        ("$.ok", True),
        ("{.ok}", True),
        ("{$}", DATA),
        ("", DATA),
        ("spec.list[2].name", None),
        ("spec.replicas.more", None),
        ("spec.list.name", None),
        ("nowhere", None),
    ],
)
def test_where_a_path_leads(path: str, found: Any) -> None:
    assert FieldPath.parse(path).of(DATA) == found


@pytest.mark.parametrize("path", ["{.items[*].name}", "{..name}", "{.items[?(@.ok)]}", "a.", "a[b]"])
def test_what_leads_to_several_places_or_nowhere_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="begins no name and no index"):
        FieldPath.parse(path)
