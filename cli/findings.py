"""Sentences on documents, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automation.core.spec import Canary


@dataclass(frozen=True)
class Finding:
    """One sentence on a document. A `problem` keeps a release from working, a `remark` is worth knowing."""

    kind: Literal["problem", "remark"]
    origin: str
    text: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.text}"


@dataclass(frozen=True)
class Reviewed:
    """What is said of documents; `canaries` are those that can work, with their origin and fields of our own,
    `rollouts` how many of Argo's there are."""

    findings: tuple[Finding, ...]
    canaries: tuple[tuple[str, Canary, tuple[str, ...]], ...]
    rollouts: int = 0

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind == "problem")
