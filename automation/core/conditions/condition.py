"""A condition of an Argo analysis: `successCondition` or `failureCondition`."""

from __future__ import annotations

from dataclasses import dataclass, field

from automation.core.conditions.evaluation import evaluate
from automation.core.conditions.parser import parse
from automation.core.conditions.syntax import Node
from automation.core.conditions.values import Unevaluated, Value
from automation.core.shape import noun


@dataclass(frozen=True)
class Condition:
    """A condition as it is written, and its tree. `Condition.parse` raises Malformed."""

    text: str
    tree: Node = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Condition:
        return cls(text, parse(text))

    def holds(self, measured: Value) -> bool:
        """Whether it is true of what was measured. Raises Unevaluated where that can't be said."""
        found = evaluate(self.tree, measured)
        if not isinstance(found, bool):
            raise Unevaluated(f"it comes to {noun(found)}, not to true or false")
        return found
