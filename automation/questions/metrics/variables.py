"""Fills the variables of a query: `{{ namespace }}`, `{{ interval }}`, `{{ variables.code }}` and the others.

Of Go's templates, in which Flagger has them, a query may also use `printf` with `%s`, and give what comes of an
action a name: `{{ $route := printf "%s_canary" ingress }}`, then `{{ $route }}`.
"""

import json
import re
from collections.abc import Mapping

from automation.core.spec import Canary, MetricCheck
from gateways.registry import gateway_of

_VARIABLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_NAMED = re.compile(r"(\$\w+)\s*:=\s*(.+)", re.DOTALL)
_PRINTED = re.compile(r'printf\s+("(?:[^"\\]|\\.)*")\s*(.*)', re.DOTALL)
_OWN = "variables."
_OWN_NAME = re.compile(rf"\.?({re.escape(_OWN)}\S+)")
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
    own = [name for action in _VARIABLE.finditer(query) for name in _OWN_NAME.findall(action[1])]
    render(query, dict.fromkeys((*_EVERYBODYS, *own), ""))


def _named(canary: Canary, field: str) -> str:
    """What the Canary names there for its gateway, or else its target."""
    source = gateway_of(canary).source
    named = canary.route if source and source.field == field else None
    return (named or canary.target).name


def render(query: str, known: Mapping[str, str]) -> str:
    """The query with its variables filled. Raises Unrendered for one that is not known or has no end."""
    here = dict(known)

    def done(action: re.Match[str]) -> str:
        if named := _NAMED.fullmatch(action[1]):
            here[named[1]] = _value(named[2], here)
            return ""
        return _value(action[1], here)

    if "{{" in _VARIABLE.sub("", query):
        raise Unrendered("query render error: a {{ has no }}")
    return _VARIABLE.sub(done, query)


def _value(action: str, known: Mapping[str, str]) -> str:
    """What a variable is, or what is printed of some."""
    if printed := _PRINTED.fullmatch(action):
        return _printed(printed[1], [_value(name, known) for name in printed[2].split()])
    name = action.lstrip(".")
    if name not in known:
        listed = ", ".join(sorted(known))
        raise Unrendered(f"query render error: {action!r} is not known; known are {listed}")
    return known[name]


def _printed(quoted: str, values: list[str]) -> str:
    """A text with a value in the place of each %s."""
    try:
        first, *others = re.split(r"%(.)", json.loads(quoted))
    except ValueError:
        raise Unrendered(f"query render error: printf can't read {quoted}") from None
    wanted = [verb for verb in others[::2] if verb != "%"]
    if set(wanted) - {"s"} or len(wanted) != len(values):
        told = f"printf {quoted} has {len(values)} values"
        raise Unrendered(f"query render error: {told}; write %s for each of them, and nothing else")
    rest = iter(values)
    return first + "".join(
        ("%" if verb == "%" else next(rest)) + text
        for verb, text in zip(others[::2], others[1::2], strict=True)
    )
