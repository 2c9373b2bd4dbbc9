"""What a provider answered, read part by part, so that each surprise says where it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from automation.core.shape import noun


class Garbled(ValueError):
    """An answer is not what its provider gives. The text says where."""


@dataclass(frozen=True)
class Part:
    """A part of an answer in JSON, and where it stands. What is absent or null is an empty part."""

    value: Any
    path: str = "the answer"

    @classmethod
    def parse(cls, text: str) -> Part:
        """Raises Garbled for what is no JSON."""
        try:
            return cls(json.loads(text))
        except (ValueError, RecursionError):
            raise Garbled(f"{text[:200]!r} is no JSON") from None

    def __getitem__(self, name: str) -> Part:
        if self.value is None:
            return self
        if not isinstance(self.value, dict):
            raise self._not("an object")
        return Part(self.value.get(name), f"{self.path}.{name}")

    @property
    def items(self) -> list[Part]:
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise self._not("a list")
        return [Part(item, f"{self.path}[{index}]") for index, item in enumerate(self.value)]

    @property
    def fields(self) -> list[Part]:
        if self.value is None:
            return []
        if not isinstance(self.value, dict):
            raise self._not("an object")
        return [self[name] for name in self.value]

    @property
    def number(self) -> float | None:
        """A number, also one that is written as a text; None for an empty part."""
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | str):
            raise self._not("a number")
        try:
            return float(self.value)
        except (ValueError, OverflowError):
            raise self._not("a number") from None

    @property
    def text(self) -> str:
        """ "" for an empty part."""
        if not isinstance(self.value, str | None):
            raise self._not("a text")
        return self.value or ""

    def _not(self, expected: str) -> Garbled:
        return Garbled(f"{self.path} is {noun(self.value)}, not {expected}")
