"""Reads `analysis.match` and `analysis.chosen`: the rules by which requests are told from the others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from automation.core.refusal import Problem
from documents.section import Section

_FIELDS = ("headers", "queryParams", "sourceLabels")
"""What Flagger's definition of a Canary keeps of a rule; the API server drops all else."""
WAYS = ("exact", "prefix", "suffix", "regex")


def read(section: Section) -> tuple[str, ...]:
    """Each rule as JSON with sorted keys, so that the same rule is the same text. Rules are told by their index."""
    return tuple(json.dumps(rule, sort_keys=True) for rule in map(_rule, section.sections("match")) if rule)


def chosen(section: Section) -> tuple[str, ...]:
    """The routes beside a share of all requests, as `Traffic.managed` has them."""
    rules = map(_of_headers, section.sections("chosen"))
    named = ({"name": f"chosen-{index}", "match": [rule]} for index, rule in enumerate(rules) if rule)
    return tuple(json.dumps(one, sort_keys=True) for one in named)


def _of_headers(section: Section) -> dict[str, object]:
    for field in _FIELDS[1:]:
        if field in section:
            section.refuse(field, "can't choose requests beside a share of all others", "match headers")
    return _rule(section)


def _rule(section: Section) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in ("headers", "queryParams"):
        named = section.section(field)
        conditions = {name: dict(_condition(named.section(name))) for name in map(str, named.fields)}
        if conditions:
            found[field] = conditions
    if labels := section.texts_by_name("sourceLabels"):
        found["sourceLabels"] = dict(labels)
    section.close()
    if not found:
        section.refuse("headers", "is missing, so the rule would match every request", f"give it {_listed()}")
    return found


def _condition(section: Section) -> Mapping[str, str]:
    """One way to compare a header or parameter with one text."""
    ways = {way: section.text(way) for way in WAYS if way in section}
    section.allow(*WAYS)
    section.close()
    if len(ways) != 1 and (ways or section.fields.keys() <= {*WAYS}):
        told = f"says {', '.join(ways)}" if ways else "says nothing to compare with"
        section.problems.append(_one_of(section.path, told))
    if pattern := ways.get("regex"):
        try:
            re.compile(pattern)
        except re.error as broken:
            section.refuse("regex", f"{pattern!r} is no regular expression ({broken})", "mend it")
    return ways


def _one_of(path: str, told: str) -> Problem:
    return Problem(path, told, f"write one of {', '.join(WAYS)}")


def _listed() -> str:
    return ", ".join(_FIELDS[:-1]) + f" or {_FIELDS[-1]}"
