"""Names of stacks: how they are written, and what they may be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.state.errors import StateError

ORGANIZATION = "organization"
"""The one organization of a backend without accounts."""

_LONGEST = 100
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class StackReference:
    """One stack of one project."""

    project: str
    name: str

    @property
    def full_name(self) -> str:
        return f"{ORGANIZATION}/{self.project}/{self.name}"

    def shown_in(self, project: str | None) -> str:
        """Short inside its own project, in full elsewhere."""
        return self.name if self.project == project else self.full_name

    def __str__(self) -> str:
        return self.full_name


def parse_reference(text: str, project: str | None) -> StackReference:
    """The stack that `s`, `organization/s` or `organization/project/s` names.

    `project` is the current project, or None outside of one. Raises `StateError`.
    """
    parts = text.split("/")
    if len(parts) > 3:
        raise StateError(
            f"could not parse stack name '{text}'; write <stack> or organization/<project>/<stack>"
        )
    if len(parts) > 1 and parts[0] != ORGANIZATION:
        raise StateError(f"organization name must be '{ORGANIZATION}'")
    owner = parts[1] if len(parts) == 3 else project
    if not owner:
        raise StateError(
            f"stack '{text}' needs its project: no Pulumi.yaml was found; write organization/<project>/{parts[-1]}"
        )
    return StackReference(_valid(owner, "project"), _valid(parts[-1], "stack"))


def _valid(name: str, kind: str) -> str:
    if not name:
        raise StateError(f"a {kind} name may not be empty")
    if len(name) > _LONGEST:
        raise StateError(f"a {kind} name cannot exceed {_LONGEST} characters")
    wrong = _NOT_ALLOWED.search(name)
    if wrong:
        raise StateError(
            f"a {kind} name may only contain alphanumeric, hyphens, underscores, or periods: "
            f"invalid character '{wrong.group()}' at position {wrong.start()}"
        )
    return name
