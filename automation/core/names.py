"""The names that the API server takes (Kubernetes, Object Names and IDs): what has another is never there."""

from __future__ import annotations

import re

from automation.core.shape import METADATA, Leaf, Rule, fields

_ENDS = "with a letter or a digit at both ends"


def _rule(noun: str, pattern: str, longest: int, letters: str) -> Rule:
    compiled = re.compile(pattern)
    return Rule(
        lambda name: len(name) <= longest and compiled.fullmatch(name) is not None,
        noun,
        f"use at most {longest} {letters}, {_ENDS}",
    )


_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
LABEL = _rule("a DNS label", _LABEL, 63, "small letters, digits and dashes")
"""What namespaces and containers are called."""
SUBDOMAIN = _rule(
    "a DNS subdomain", rf"{_LABEL}(\.{_LABEL})*", 253, "small letters, digits, dashes and dots between them"
)
"""What most objects are called."""
APEX = _rule("the name of a Service with others beside it", _LABEL, 55, "small letters, digits and dashes")
"""What a Service is called that has `-primary` and `-canary` beside it: all three are DNS labels."""
PORT = _rule(
    "the name of a port",
    "(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*",
    15,
    "small letters, one at least, digits and dashes",
)
"""What a container calls its port (RFC 6335)."""
_QUALIFIED = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
LABEL_VALUE = _rule("the value of a label", _QUALIFIED, 63, "letters, digits, dashes, underscores and dots")


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return bool(name) and LABEL_VALUE.holds(name) and (not slash or SUBDOMAIN.holds(prefix))


LONGEST_STACK = 100
"""Letters of a stack's name: both engines take no longer one."""
KEY = Rule(
    _is_key,
    "the key of a label or an annotation",
    f"{LABEL_VALUE.remedy}; a DNS subdomain and a slash may stand before them",
)
"""What labels and annotations are called (Kubernetes, Labels and Selectors: Syntax and character set)."""

LABEL_TEXT = Leaf((str,), "text", LABEL)
SUBDOMAIN_TEXT = Leaf((str,), "text", SUBDOMAIN)
PORT_TEXT = Leaf((str,), "text", PORT)
NAMED = fields("name", **{**METADATA.fields, "name": SUBDOMAIN_TEXT, "namespace": LABEL_TEXT})
"""The metadata of an object that others refer to."""
