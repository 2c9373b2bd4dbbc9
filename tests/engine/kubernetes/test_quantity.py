"""Quantities that mean the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.kubernetes.quantity import parse, same_value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", "0.5"),
        (0.5, "0.5"),
        (2, "2"),
        ("1Ki", "1024"),
        ("1Gi", "1073741824"),
        ("1k", "1000"),
        ("1e3", "1000"),
        ("-1.5", "-1.5"),
        ("100u", "0.0001"),
        (".5", "0.5"),
    ],
)
def test_quantities_are_numbers(text: object, number: str) -> None:
    assert parse(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "x", "1Q", "1 Gi", True, None, [], "m"])
def test_other_things_are_no_quantities(text: object) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("path", "one", "other", "same"),
    [
        (("resources", "limits", "cpu"), "0.5", "500m", True),
        (("resources", "limits", "cpu"), 1, "1", True),
        (("resources", "requests", "memory"), "1Gi", "1024Mi", True),
        (("resources", "requests", "memory"), "1G", "1Gi", False),
        (("data", "port"), "1", "1.0", False),
        (("spec", "suspend"), True, 1, False),
        (("spec", "replicas"), 1, 1, True),
    ],
)
def test_only_fields_that_hold_quantities_compare_by_number(
    path: tuple[str, ...], one: object, other: object, same: bool
) -> None:
    assert same_value(path, one, other) is same
