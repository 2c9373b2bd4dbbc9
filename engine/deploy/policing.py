"""Policies at the moments that matter: before a resource's step, and over the whole stack at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from engine import urn as urns
from engine.deploy.context import Context
from engine.deploy.goal import Goal
from engine.errors import Bail
from engine.events import PolicyRemediation, PolicySummary, PolicyViolation
from engine.policy.findings import Level, Tally, Violation
from engine.policy.packs import Packs
from engine.policy.requests import Subject
from engine.resource import Resource

_REFUSING = (Level.MANDATORY, Level.REMEDIATE)
"""A policy that should have put things right and still complains counts as mandatory."""


class Policing:
    """Lets a resource pass, changed where a policy remediates. Without packs everything passes.

    `refused` becomes true when a mandatory policy has something against a resource or the stack, `stopped` when an
    update ends because of it.
    """

    def __init__(self, context: Context, packs: Packs | None = None):
        self._context, self._packs = context, packs
        self._before_replace: dict[str, bool | None] = {}
        self._lock = threading.Lock()
        self.refused = self.stopped = False

    def passed(self, goal: Goal, new: Resource) -> Resource:
        """The resource as policies let it through.

        Raises `Bail` when a mandatory policy refuses it in an update; a preview goes on, to find more.
        """
        if self._packs is None:
            return new
        with self._lock:
            self._before_replace[new.urn] = goal.delete_before_replace
        subject = self._subject(new)
        remedied = self._packs.remediate(subject)
        for item in remedied.remediations:
            self._context.events.emit(
                PolicyRemediation(item.urn, item.policy, item.pack, item.version, item.before, item.after)
            )
        self._tallied("Remediate", new.urn, remedied.tallies)
        judged = self._packs.analyze(subject, remedied.inputs)
        refused = self._reported((*remedied.violations, *judged.violations))
        self._tallied("Analyze", new.urn, judged.tallies)
        if refused and not self._context.options.preview:
            self.stopped = True
            raise Bail(f"resource {new.urn} is invalid")
        return replace(new, inputs=remedied.inputs)

    def judge_stack(self, resources: Iterable[Resource]) -> None:
        """Report what is against the stack as a whole."""
        if self._packs is None:
            return
        judged = self._packs.analyze_stack([self._subject(item) for item in resources])
        self._reported(judged.violations)
        self._tallied("AnalyzeStack", "", judged.tallies)

    def _subject(self, resource: Resource) -> Subject:
        provider = self._context.ledger.results.get(urns.split_reference(resource.provider)[0])
        return Subject(resource, provider, self._before_replace.get(resource.urn))

    def _tallied(self, moment: str, urn: str, tallies: Iterable[Tally]) -> None:
        for item in tallies:
            self._context.events.emit(
                PolicySummary(moment, urn, item.pack, item.version, item.passed, item.failed)
            )

    def _reported(self, violations: Iterable[Violation]) -> bool:
        """Report everything; whether any of it is mandatory."""
        refused = False
        for item in violations:
            refusing = item.level in _REFUSING
            refused = refused or refusing
            self._context.events.emit(
                PolicyViolation(
                    item.urn or self._context.root_urn,
                    item.policy,
                    item.pack,
                    item.version,
                    "mandatory" if refusing else item.level.name.lower(),
                    item.message,
                    item.severity,
                )
            )
        self.refused = self.refused or refused
        return refused
