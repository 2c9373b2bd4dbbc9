"""The `exprs` of an ApisixRoute rule, as conditions."""

from collections.abc import Mapping
from typing import Any

from lab.gateway.model import Condition, Subject

Document = Mapping[str, Any]

SCOPES: dict[str, Subject] = {"Header": "header", "Query": "query", "Cookie": "cookie", "Path": "path"}
VARIABLES: dict[str, Subject] = {
    "request_method": "method",
    "host": "host",
    "uri": "path",
    "remote_addr": "source",
    "request_id": "request_id",
}
PREFIXES: dict[str, Subject] = {"http_": "header", "arg_": "query", "cookie_": "cookie"}

EXACT_ONLY = ("method", "source")

OPERATORS = {
    # name: (takes a pattern, is negated, ignores case)
    "Equal": (False, False, False),
    "NotEqual": (False, True, False),
    "In": (False, False, False),
    "NotIn": (False, True, False),
    "RegexMatch": (True, False, False),
    "RegexNotMatch": (True, True, False),
    "RegexMatchCaseInsensitive": (True, False, True),
    "RegexNotMatchCaseInsensitive": (True, True, True),
}


class NotPlayed(Exception):
    """A document asks for something that the stand-in does not do. The message says what."""


def condition(expression: Document) -> Condition:
    """One entry of `match.exprs`. Raises `NotPlayed`."""
    subject, name = _subject(expression["subject"])
    operator = expression["op"]
    if operator not in OPERATORS:
        raise NotPlayed(f"expression operator {operator} (known: {', '.join(OPERATORS)})")
    patterns, negated, any_case = OPERATORS[operator]
    values = texts(expression.get("set") or [expression.get("value") or ""])
    if patterns and subject in EXACT_ONLY:
        raise NotPlayed(f"expression operator {operator} on the {subject}")
    return Condition(subject, name, values, patterns, any_case, negated)


def texts(values: Any) -> tuple[str, ...]:
    """A document's list of texts. Raises `TypeError` if it is anything else."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{values!r} is not a list of texts")
    return tuple(values)


def _subject(document: Document) -> tuple[Subject, str]:
    scope, name = texts([document["scope"], document.get("name", "")])
    if scope == "Header" and name.lower() == "host":
        return "host", ""
    if scope in SCOPES:
        return SCOPES[scope], name
    if scope == "Variable" and name in VARIABLES:
        return VARIABLES[name], ""
    for prefix, subject in PREFIXES.items():
        if scope == "Variable" and name.startswith(prefix):
            bare = name.removeprefix(prefix)
            return subject, bare.replace("_", "-") if subject == "header" else bare
    raise NotPlayed(f"expression subject {scope} {name}".rstrip())
