"""Finds the series that a PromQL query reads, in order to ask when they were last sampled."""

import re

_STRING = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`'
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SELECTOR = re.compile(
    rf"(?P<string>{_STRING})"
    rf"|(?P<series>(?:{_NAME})?\s*\{{(?:{_STRING}|[^}}\"'`])*\}})"
    rf"|(?P<plain>{_NAME})(?=\s*\[)"
)


def selectors(query: str) -> tuple[str, ...]:
    """The vector selectors of a query, each once: what has braces or a range. Bare names without either are left
    out, as they can't be told from functions and labels."""
    found = (match["series"] or match["plain"] for match in _SELECTOR.finditer(query))
    return tuple(dict.fromkeys(selector for selector in found if selector))
