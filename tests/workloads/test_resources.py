"""Quantities are read as Kubernetes reads them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workloads.resources import quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100m", "0.1"),
        (2, "2"),
        (0.5, "0.5"),
        (".5", "0.5"),
        ("1.", "1"),
        ("64Mi", "67108864"),
        ("1G", "1000000000"),
        ("1e3", "1000"),
        ("1E", "1000000000000000000"),
        ("5n", "0.000000005"),
        ("64MB", None),
        ("-1", None),
        ("", None),
        ("1 Gi", None),
    ],
)
def test_a_quantity_is_the_number_that_it_stands_for(text: object, expected: str | None) -> None:
    assert quantity(text) == (None if expected is None else Decimal(expected))
