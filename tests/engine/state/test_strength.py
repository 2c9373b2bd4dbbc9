"""What looks like a secret in plain text."""

from __future__ import annotations

import pytest

from engine.state.strength import looks_secret

RANDOM = "zK8vQ2mXw9LrT4bN"


@pytest.mark.parametrize(
    ("name", "value", "looks"),
    [
        ("dbPassword", RANDOM, True),
        ("api_TOKEN", RANDOM, True),
        ("deep.secret", "6f1ed002ab559585", True),
        ("pwd", "p4$$w0rd!K2#x", True),
        ("note", RANDOM, False),
        ("password", "short1", False),
        ("secretName", "shop-settings", False),
        ("passPolicy", "strict", False),
        ("token", "", False),
    ],
)
def test_values_are_judged_by_their_key_and_their_strength(name: str, value: str, looks: bool) -> None:
    assert looks_secret(name, value) is looks
