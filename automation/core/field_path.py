"""Paths to one place in plain data: `spec.replicas`, `metadata.labels['app']`, `$.data.items[0].ok`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(
    r"""\.?(?P<name>[^.\[\]{}'"*?@]+)|\[(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<index>\d+))\]"""
)


@dataclass(frozen=True)
class FieldPath:
    """The names and indexes on the way, one after the other. `FieldPath.parse` raises ValueError."""

    steps: tuple[str | int, ...]

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Braces around a path and a `$` before it, as JSONPath has them, may be there. Wildcards and filters, which
        lead to several places, are no paths."""
        inner = text.strip().removeprefix("{").removesuffix("}").removeprefix("$")
        steps: list[str | int] = []
        place = 0
        while place < len(inner):
            match = _STEP.match(inner, place)
            if match is None:
                raise ValueError(f"character {place + 1} of {inner!r} begins no name and no index")
            index = match["index"]
            steps.append(int(index) if index else match["name"] or match["single"] or match["double"] or "")
            place = match.end()
        return cls(tuple(steps))

    def of(self, value: Any) -> Any:
        """What is there; None where nothing is."""
        for step in self.steps:
            if isinstance(value, Mapping):
                value = value.get(str(step))
            elif isinstance(step, int) and isinstance(value, Sequence) and not isinstance(value, str):
                value = value[step] if step < len(value) else None
            else:
                return None
        return value
