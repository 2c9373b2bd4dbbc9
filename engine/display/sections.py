"""What follows the rows of an operation: policies, diagnostics, outputs, totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.display import tree, words
from engine.events import (
    Diagnostic,
    Event,
    PolicyRemediation,
    PolicyViolation,
    StepDone,
    Summary,
)
from engine.resource import Resource
from engine.step import PARTS, UNCHANGING, Op, Step
from engine.urn import ROOT_TYPE, Urn


@dataclass
class Record:
    """Everything that the sections need to know of what happened."""

    root_urn: str
    preview: bool
    diagnostics: dict[str, list[Diagnostic]] = field(default_factory=dict)
    violations: list[PolicyViolation] = field(default_factory=list)
    remediations: list[PolicyRemediation] = field(default_factory=list)
    root: Resource | None = None
    root_before: Resource | None = None
    root_op: Op = Op.SAME
    summary: Summary | None = None

    @property
    def failures(self) -> int:
        """How many resources there is an error of."""
        return sum(any(item.severity == "error" for item in said) for said in self.diagnostics.values())

    def note(self, event: Event) -> None:
        """Take in the next event."""
        match event:
            case Diagnostic(severity, _, urn, ephemeral) if severity != "debug" and not ephemeral:
                self.diagnostics.setdefault(urn or self.root_urn, []).append(event)
            case PolicyViolation():
                self.violations.append(event)
            case PolicyRemediation():
                self.remediations.append(event)
            case StepDone(step) if step.type == ROOT_TYPE and step.new is not None:
                self.root, self.root_before, self.root_op = step.new, step.old, step.op
            case Summary():
                self.summary = event


def lines(record: Record, show_outputs: bool = True) -> Iterator[str]:
    """The sections, in the order of the official display."""
    yield from policies(record)
    yield from diagnostics(record)
    exported = list(outputs(record)) if show_outputs and record.root is not None else []
    if exported:
        yield "Outputs:"
        yield from exported
        yield ""
    if record.summary is not None and not any(item.level == "mandatory" for item in record.violations):
        yield from resources(record, record.summary)


def outputs(record: Record) -> Iterator[str]:
    """What the stack exports; with signs where that has changed, in a preview nothing else."""
    assert record.root is not None
    new = record.root.outputs
    if record.root_op is Op.CREATE or record.root_before is None:
        return tree.properties({key: value for key, value in new.items() if value not in (None, "", [], {})})
    return tree.changes(record.root_before.outputs, new, unchanged=not record.preview)


def policies(record: Record) -> Iterator[str]:
    """Which packs ran and what they have against what."""
    packs: Mapping[str, str] = record.summary.policy_packs if record.summary else {}
    if not packs:
        return
    yield "Policies:"
    for key, version in packs.items():
        name, _, place = key.partition("|local|")
        found = [item for item in record.violations if item.pack == name]
        mark = "❌" if any(item.level == "mandatory" for item in found) else "⚠️" if found else "✅"
        yield f"    {mark} {name}@v{version.removeprefix('v')} (local: {place})"
        for violation in found:
            yield f"        - [{violation.level}]  {violation.policy}  {_subject(violation.urn)}".rstrip()
            yield from (f"          {line}" for line in violation.message.splitlines())
        changed: dict[str, int] = {}
        for item in record.remediations:
            if item.pack == name:
                changed[item.policy] = changed.get(item.policy, 0) + 1
        for policy, count in changed.items():
            yield f"        - [remediate]  {policy}  ({count} resource{'' if count == 1 else 's'})"
    yield ""


def diagnostics(record: Record) -> Iterator[str]:
    """What was said about each resource."""
    if not record.diagnostics:
        return
    yield "Diagnostics:"
    for urn, said in record.diagnostics.items():
        yield f"  {_place(urn)}:"
        for item in said:
            prefix = f"{item.severity}: " if item.severity in ("error", "warning") else ""
            text = item.message.rstrip("\n").split("\n")
            yield f"    {prefix}{text[0]}"
            yield from (f"    {line}" for line in text[1:])
        yield ""


def resources(record: Record, summary: Summary) -> Iterator[str]:
    """How many resources met which fate."""
    yield "Resources:"
    yield from words.totals(summary.changes, record.preview, record.failures)
    yield ""
    if not record.preview:
        yield f"Duration: {words.duration(summary.seconds)}"


def is_quiet(op: Op) -> bool:
    """Whether a row would only say that nothing happens."""
    return op in UNCHANGING and op is not Op.REFRESH


@dataclass(frozen=True)
class Told:
    """Of which steps besides changes is told: of what stays the same, and of the parts of a replacement."""

    sames: bool = False
    parts: bool = False


TOLD = Told()


def is_told(step: Step, told: Told = TOLD) -> bool:
    """Whether what is shown once and for all tells of a step: of a replacement as a whole, of nothing that stays."""
    if step.op is Op.SAME:
        protects = step.old is not None and step.new is not None and step.old.protect is not step.new.protect
        return protects or told.sames
    return told.parts or step.op not in PARTS


def _place(urn: str) -> str:
    parsed = Urn.parse(urn)
    return f"{parsed.type} ({parsed.name})"


def _subject(urn: str) -> str:
    if not urn:
        return ""
    parsed = Urn.parse(urn)
    return f"({parsed.type}: {parsed.name})"
