"""The pack's table of gateways is that of the product: the same kinds, and the same weights read from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from automation.core.kinds import Kind, Manifest
from automation.core.traffic import Traffic
from gateways.gateway import Gateway, Marks
from gateways.registry import GATEWAYS
from policies import gateways
from policies.rules.promotion import canary_weight
from tests.components.documents import OWNER, canary, route

MESH = {"routeRef": None}
REFS = {"gatewayRefs": [{"name": "public"}]}
DOCUMENTS: Mapping[str, tuple[dict[str, Any], Callable[[], Manifest] | None]] = {
    "apisix": ({}, route),
    "istio": (MESH, None),
    "gatewayapi:v1": ({**MESH, "service": {"port": 80, **REFS}}, None),
    "gatewayapi:v1beta1": ({**MESH, "service": {"port": 80, **REFS}}, None),
}
"""Of each gateway what differs in a Canary's spec, and what people write beside it."""


def token(kind: Kind) -> str:
    return f"kubernetes:{kind.api_version}:{kind.kind}"


def test_the_pack_knows_the_kinds_that_carry_traffic() -> None:
    assert {token(gateway.kind) for gateway in GATEWAYS.values()} == gateways.ROUTES


@pytest.mark.parametrize("weight", [0, 1, 50, 99, 100], ids=lambda weight: f"{weight} %")
@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)
def test_the_pack_reads_the_weight_that_was_written(gateway: Gateway, weight: int) -> None:
    spec, source = DOCUMENTS[gateway.provider]
    read = canary(provider=gateway.provider, **spec)
    written = gateway.render(read, source() if source else None, Traffic(weight), Marks({}, OWNER))
    assert canary_weight(token(gateway.kind), written) == weight
