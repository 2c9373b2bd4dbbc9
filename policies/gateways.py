"""How each gateway writes traffic, as the pack reads it: a row each, by the token of the object that carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.rule import Manifest
from policies.tokens import APISIX_ROUTE


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


READERS: Mapping[str, Callable[[Manifest], Iterator[Split]]] = {APISIX_ROUTE: _apisix}
ROUTES = frozenset(READERS)


def splits(type: str, route: Manifest) -> list[Split]:
    """The rules of a route. `type` is its token, one of `ROUTES`."""
    return list(READERS[type](route))
