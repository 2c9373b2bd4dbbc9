"""What a conversion comes to: documents that do the same as far as there is an equal, and what there is none for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused


@dataclass(frozen=True)
class Difference:
    """A field that has no exact equal: where it stands, what it says, and what becomes of it."""

    path: str
    told: str

    def __str__(self) -> str:
        return f"{self.path}: {self.told}"


@dataclass(frozen=True)
class Converted:
    """`documents` in the order in which they are applied."""

    documents: tuple[Manifest, ...]
    differences: tuple[Difference, ...]


@dataclass
class Ledger:
    """Collects what a conversion meets on its way. `refuse` is for what a release can't be without."""

    differences: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def differs(self, path: str, told: str) -> None:
        self.differences.append(Difference(path, told))

    def refuse(self, path: str, problem: str, remedy: str) -> None:
        self.problems.append(Problem(path, problem, remedy))

    def closed(self, *documents: Manifest) -> Converted:
        """The conversion to these documents. Raises Refused where something was refused."""
        if self.problems:
            raise Refused(tuple(dict.fromkeys(self.problems)))
        return Converted(documents, tuple(dict.fromkeys(self.differences)))


def pruned(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without fields that are empty or None, at any depth."""
    kept = {name: _pruned(value) for name, value in document.items()}
    return {name: value for name, value in kept.items() if value not in (None, "", {}, [])}


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return pruned(value)
    return [_pruned(one) for one in value] if isinstance(value, list) else value
