"""What a live object says besides what is asked of it, by who wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.managed_fields import Fields
from components.covering import exceeds

PORT = 'k:{"port":80,"protocol":"TCP"}'
WHOLE: Fields = {}
"""A field that is written whole."""
SERVICE = {"spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}}


def live(**spec: Any) -> dict[str, Any]:
    return {"spec": {**SERVICE["spec"], **spec}}


@pytest.mark.parametrize(
    ("theirs", "fields", "more"),
    [
        pytest.param(live(), {}, False, id="nobody wrote anything"),
        pytest.param(live(), {"f:spec": {"f:selector": WHOLE}}, False, id="the same selector"),
        pytest.param(
            live(selector={"app": "a", "b": "c"}),
            {"f:spec": {"f:selector": WHOLE}},
            True,
            id="a longer selector",
        ),
        pytest.param(
            live(selector={"app": "a", "b": "c"}),
            {"f:spec": {"f:ports": WHOLE}},
            False,
            id="not what they wrote",
        ),
        pytest.param(
            live(type="NodePort"), {"f:spec": {"f:type": WHOLE}}, True, id="a field that is not asked for"
        ),
        pytest.param(live(externalIPs=[]), {"f:spec": {"f:externalIPs": WHOLE}}, False, id="an empty one"),
        pytest.param(live(), {"f:spec": {"f:type": WHOLE}}, False, id="one that is gone"),
        pytest.param(
            live(ports=[{"port": 80, "protocol": "TCP"}]),
            {"f:spec": {"f:ports": {PORT: {".": {}, "f:port": WHOLE}}}},
            False,
            id="an item by its keys",
        ),
        pytest.param(
            live(ports=[{"port": 80, "nodePort": 30000}]),
            {"f:spec": {"f:ports": {PORT: {"f:nodePort": WHOLE}}}},
            True,
            id="a field of an item",
        ),
        pytest.param(
            live(ports=[{"port": 80}, {"port": 81, "protocol": "TCP"}]),
            {"f:spec": {"f:ports": {'k:{"port":81,"protocol":"TCP"}': {".": {}, "f:port": WHOLE}}}},
            True,
            id="another item",
        ),
        pytest.param(
            live(ports=[{"port": 80}, {"port": 81}]),
            {"f:spec": {"f:ports": {"v:81": WHOLE}}},
            False,
            id="an item by its value",
        ),
    ],
)
def test_more_than_is_asked(theirs: dict[str, Any], fields: Fields, more: bool) -> None:
    assert exceeds(SERVICE, theirs, fields) is more
