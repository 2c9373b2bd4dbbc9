"""What two Canaries of a namespace would take from each other."""

from __future__ import annotations

import pytest

from automation.core.spec import Canary
from cli.sharing import Claims, shared_with
from documents.front import canary_of
from tests.core.documents import MISSING, document


def behind(provider: str, name: str, ingress: str) -> Canary:
    return canary_of(
        document(
            {
                "metadata.name": name,
                "spec.provider": provider,
                "spec.routeRef": MISSING,
                "spec.targetRef.name": name,
                "spec.ingressRef": {"kind": "Ingress", "name": ingress},
            }
        )
    )


@pytest.mark.parametrize("provider", ["nginx", "skipper"])
def test_two_canaries_of_one_ingress_would_write_the_same_one_beside_it(provider: str) -> None:
    shop, cart = behind(provider, "shop", "door"), behind(provider, "cart", "door")
    assert list(Claims([shop, cart]).rivals(shop)) == [cart]
    (problem,) = shared_with(shop, cart)
    assert str(problem) == (
        "spec.ingressRef: Canary cart has the same generated Ingress door-canary; name another, so that each has one "
        "of its own"
    )


def test_two_canaries_of_two_ingresses_share_nothing() -> None:
    shop, cart = behind("nginx", "shop", "door"), behind("nginx", "cart", "gate")
    assert list(Claims([shop, cart]).rivals(shop)) == []
    assert list(shared_with(shop, cart)) == []
