"""What policy packs say, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from engine.values import PropertyMap


class Level(IntEnum):
    """How much weight a policy has; the numbers are the protocol's."""

    ADVISORY = 0
    MANDATORY = 1
    DISABLED = 2
    REMEDIATE = 3

    @classmethod
    def parse(cls, text: str) -> Level:
        """Raises `ValueError` for a word that is no level."""
        known = {level.name.lower(): level for level in cls}
        if text not in known:
            raise ValueError(f"'{text}' is not a valid enforcement level; use one of {', '.join(known)}")
        return known[text]


SEVERITIES = ("", "low", "medium", "high", "critical")
"""By the protocol's numbers."""


@dataclass(frozen=True)
class PackInfo:
    """A loaded pack. `path` is its folder as the user named it."""

    name: str
    version: str
    path: str


@dataclass(frozen=True)
class Violation:
    """One thing that a policy reports. `message` begins with the policy's description; `urn` is empty for the stack."""

    policy: str
    pack: str
    version: str
    description: str
    message: str
    level: Level
    urn: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Remediation:
    """A policy has changed a resource's inputs."""

    policy: str
    pack: str
    version: str
    description: str
    urn: str
    before: PropertyMap
    after: PropertyMap


@dataclass(frozen=True)
class Tally:
    """Which policies of a pack have nothing against a resource or the stack, and which have; sorted by name."""

    pack: str
    version: str
    passed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """What packs have against a resource or the stack, and a tally of each pack."""

    violations: tuple[Violation, ...] = ()
    tallies: tuple[Tally, ...] = ()


@dataclass(frozen=True)
class Remedied:
    """Inputs after every pack had its say; `violations` are remediations that could not run."""

    inputs: PropertyMap
    remediations: tuple[Remediation, ...] = ()
    violations: tuple[Violation, ...] = ()
    tallies: tuple[Tally, ...] = ()
