"""Which resources an operation is limited to."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from engine import urn as urns
from engine.deploy.references import references
from engine.resource import Resource


@dataclass(frozen=True)
class Targets:
    """Resources named on the command line; without names, all of them are meant.

    `*` stands for anything but a colon, `**` for anything. With `exclude` the named ones are left out instead.
    With `dependents`, what depends on a named one counts as named.
    """

    patterns: tuple[str, ...] = ()
    exclude: bool = False
    dependents: bool = False
    _followers: set[str] = field(default_factory=set, compare=False)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    @cached_property
    def _expressions(self) -> list[re.Pattern[str]]:
        return [re.compile(_expression(pattern), re.DOTALL) for pattern in self.patterns]

    def names(self, urn: str) -> bool:
        """Whether one of the patterns matches."""
        return any(expression.fullmatch(urn) for expression in self._expressions)

    def include(self, resource: Resource) -> bool:
        """Whether an update is to touch the resource. Providers and the stack itself always are."""
        return resource.type == urns.ROOT_TYPE or urns.is_provider(resource.type) or self.reach(resource)

    def reach(self, resource: Resource) -> bool:
        """Whether the resource is among those that are meant."""
        if not self.patterns:
            return True
        named = self.names(resource.urn) or resource.urn in self._followers
        if not named and self.dependents and any(self._meant(urn) for urn in references(resource)):
            named = True
            self._followers.add(resource.urn)
        return named != self.exclude

    def _meant(self, urn: str) -> bool:
        return self.names(urn) or urn in self._followers

    def unknown(self, known: Collection[str]) -> list[str]:
        """Literal targets that are not among the known URNs."""
        return [text for text in self.patterns if "*" not in text and text not in known]


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*)", pattern)
    return "".join({"**": ".*", "*": "[^:]*"}.get(part, re.escape(part)) for part in parts)
