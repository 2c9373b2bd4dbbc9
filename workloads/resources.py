"""What a container asks for and may use at most, in Kubernetes' quantities: `100m`, `0.5`, `64Mi`, `1e3`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from automation.core.refusal import Problem
from automation.core.shape import Leaf, Named, Rule, fields, shown

_QUANTITY = re.compile(r"\+?(\d+\.?\d*|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.A)
_SCALES: Mapping[str, Decimal] = {
    **{unit: Decimal(10) ** (3 * power) for power, unit in enumerate(("n", "u", "m", "", "k", *"MGTPE"), -3)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}


def quantity(value: object) -> Decimal | None:
    """The number that a quantity stands for; None for what is none, or is negative."""
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    number, unit, exponent = match.groups()
    return Decimal(number) * _SCALES[unit or ""] * Decimal(10) ** int(exponent or 0)


def _disagreeing(resources: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Requests that are above their limits."""
    limits = resources.get("limits") or {}
    for name, request in (resources.get("requests") or {}).items():
        asked, most = quantity(request), quantity(limits.get(name))
        if asked is not None and most is not None and asked > most:
            problem = f"{shown(request)} is more than the limit, {shown(limits[name])}"
            yield Problem(f"{path}.requests.{name}", problem, "lower it, or raise the limit")


_AMOUNTS = Named(
    Leaf(
        (str, int, float),
        "a quantity",
        Rule(lambda value: quantity(value) is not None, "a quantity", "write one such as 100m, 2 or 64Mi"),
    )
)
RESOURCES = replace(fields(requests=_AMOUNTS, limits=_AMOUNTS), disagreeing=_disagreeing)
