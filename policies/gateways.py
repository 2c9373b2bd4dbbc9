"""How each gateway writes traffic, as the pack reads it: a row each, by the token of the object that carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.rule import Manifest
from policies.tokens import APISIX_ROUTE, HTTP_ROUTE, VIRTUAL_SERVICE


@dataclass(frozen=True)
class Split:
    """One rule of a route: the Services that it sends to and the weight of each, as it is written."""

    rule: Any
    weights: tuple[tuple[str, Any], ...]


def _apisix(route: Manifest) -> Iterator[Split]:
    for rule in (route.get("spec") or {}).get("http") or ():
        backends = tuple(rule.get("backends") or ())
        yield Split(
            rule.get("name"),
            tuple((str(backend.get("serviceName", "")), backend.get("weight")) for backend in backends),
        )


def _istio(route: Manifest) -> Iterator[Split]:
    spec = route.get("spec") or {}
    for rule in (*(spec.get("http") or ()), *(spec.get("tcp") or ())):
        shares = tuple(rule.get("route") or ())
        yield Split(
            rule.get("name"),
            tuple(
                (str((share.get("destination") or {}).get("host", "")), _weight(share, shares))
                for share in shares
            ),
        )


def _gateway_api(route: Manifest) -> Iterator[Split]:
    for rule in (route.get("spec") or {}).get("rules") or ():
        shares = tuple(rule.get("backendRefs") or ())
        yield Split(
            rule.get("name"),
            tuple((str(share.get("name", "")), _weight(share, shares)) for share in shares),
        )


def _weight(share: Manifest, shares: tuple[Manifest, ...]) -> Any:
    """A weight as it is written; who stands alone gets everything without one."""
    return share.get("weight", 100 if len(shares) == 1 else None)


READERS: Mapping[str, Callable[[Manifest], Iterator[Split]]] = {
    APISIX_ROUTE: _apisix,
    VIRTUAL_SERVICE: _istio,
    HTTP_ROUTE: _gateway_api,
}
ROUTES = frozenset(READERS)


def splits(type: str, route: Manifest) -> list[Split]:
    """The rules of a route. `type` is its token, one of `ROUTES`."""
    return list(READERS[type](route))
