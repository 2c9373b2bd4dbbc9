"""What a rule is: a name, a sentence, its configuration, and a pure function from a resource to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Manifest = Mapping[str, Any]
Schema = Mapping[str, Mapping[str, Any]]
_ANY = "sluice release NAME --env ENV -n NAMESPACE"


@dataclass(frozen=True)
class Finding:
    """What is wrong with a resource, and what to do about it. Both are sentences without a full stop."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}"


@dataclass(frozen=True)
class Subject:
    """A resource under judgement: its type token, its checked inputs, the rule's configuration, the time, and the stack
    that declares it."""

    type: str
    manifest: Manifest
    config: Mapping[str, Any]
    now: datetime
    stack: str = ""

    @property
    def name(self) -> str:
        metadata = self.manifest.get("metadata") or {}
        return ".".join(part for part in (metadata.get("name"), metadata.get("namespace")) if part)

    @property
    def release(self) -> str:
        """The command that releases what the stack (`prod.test.podinfo`) declares, to be pasted as it is."""
        environment, *canary = self.stack.split(".", 2)
        return f"sluice release {canary[1]} --env {environment} -n {canary[0]}" if canary[1:] else _ANY


@dataclass(frozen=True)
class Rule:
    """`types` are the tokens that it looks at, `schema` the JSON schema of each of its configuration properties.

    What the schema leaves open comes from the bounds of the environment, `policies.environments`.
    """

    name: str
    description: str
    types: frozenset[str]
    check: Callable[[Subject], Iterable[Finding]]
    schema: Schema = field(default_factory=dict)
