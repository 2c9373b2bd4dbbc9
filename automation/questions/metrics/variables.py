"""Fills the variables of a query: `{{ namespace }}`, `{{ interval }}`, `{{ variables.code }}` and the others."""

import re
from collections.abc import Mapping

from automation.core.spec import Canary, MetricCheck
from gateways.registry import gateway_of

_VARIABLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_OWN = "variables."
_EVERYBODYS = ("name", "namespace", "target", "service", "ingress", "route", "interval")


class Unrendered(ValueError):
    """A query names a variable that does not exist, and the text lists those that do, or it leaves one open."""


def variables(canary: Canary, check: MetricCheck) -> dict[str, str]:
    """All variables of a check by the name under which a query asks for them."""
    known = (
        canary.name,
        canary.namespace,
        canary.target.name,
        canary.apex,
        _named(canary, "ingressRef"),
        _named(canary, "routeRef"),
        check.interval,
    )
    own = {f"{_OWN}{key}": value for key, value in check.variables.items()}
    return dict(zip(_EVERYBODYS, known, strict=True)) | own


def prove(query: str) -> None:
    """Raises Unrendered for a query that no check could fill, whatever variables of its own it gives."""
    named = {match[1].lstrip(".") for match in _VARIABLE.finditer(query)}
    own = {name for name in named if name.startswith(_OWN)}
    render(query, dict.fromkeys((*_EVERYBODYS, *own), ""))


def _named(canary: Canary, field: str) -> str:
    """What the Canary names there for its gateway, or else its target."""
    source = gateway_of(canary).source
    named = canary.route if source and source.field == field else None
    return (named or canary.target).name


def render(query: str, known: Mapping[str, str]) -> str:
    """The query with its variables filled. Raises Unrendered for one that is not known or has no end."""

    def value(match: re.Match[str]) -> str:
        name = match[1].lstrip(".")
        if name not in known:
            raise Unrendered(
                f"query render error: {match[1]!r} is not known; known are {', '.join(sorted(known))}"
            )
        return known[name]

    if "{{" in _VARIABLE.sub("", query):
        raise Unrendered("query render error: a {{ has no }}")
    return _VARIABLE.sub(value, query)
