"""Two records held against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ABSENT = "(absent)"
# Lists in which only what occurs counts, not where.
_UNORDERED = ("stdout", "stderr", "diagnosticEvent", "stdoutEvent")


@dataclass(frozen=True)
class Difference:
    """At `path`, such as `up 1/state/resources/…/inputs`, the engines differ."""

    path: str
    embedded: Any
    official: Any

    def __str__(self) -> str:
        return f"{self.path}\n    embedded: {self.embedded!r}\n    official: {self.official!r}"


def differences(embedded: Any, official: Any, path: str = "") -> Iterator[Difference]:
    """Everything in which two JSON values differ, as deep down as it can be named."""
    if isinstance(embedded, dict) and isinstance(official, dict):
        for key in sorted({*embedded, *official}):
            yield from differences(embedded.get(key, ABSENT), official.get(key, ABSENT), f"{path}/{key}")
    elif isinstance(embedded, list) and isinstance(official, list):
        if path.endswith(_UNORDERED) and not (path.endswith("stdout") and _documents(embedded, official)):
            yield from _unordered(embedded, official, path)
        elif len(embedded) == len(official):
            for index, pair in enumerate(zip(embedded, official, strict=True)):
                yield from differences(*pair, f"{path}/{index}")
        else:
            yield Difference(path, embedded, official)
    elif embedded != official:
        yield Difference(path, embedded, official)


def _unordered(embedded: list[Any], official: list[Any], path: str) -> Iterator[Difference]:
    ours, theirs = Counter(map(str, embedded)), Counter(map(str, official))
    yield from (Difference(path, item, ABSENT) for item in sorted((ours - theirs).elements()))
    yield from (Difference(path, ABSENT, item) for item in sorted((theirs - ours).elements()))


def _documents(*lists: list[Any]) -> bool:
    return any(isinstance(item, dict) for items in lists for item in items)
