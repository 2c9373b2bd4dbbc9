"""What is wrong with documents, before anybody applies them: each Canary with what the others say of its surroundings.

What they don't hold is not looked at, and named. All rules are those of a driver that meets the same objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal

from automation.core import revision_hash
from automation.core.advice import advice
from automation.core.kinds import CONFIG_KINDS, METRIC_TEMPLATE, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from automation.questions.metrics.providers import PROVIDERS
from cli.sources import Found
from documents import metric_template
from documents.front import canary_of, front_of, is_release
from gateways.registry import gateway_of, source_of
from workloads.duplicates import duplicates
from workloads.ports import port_problems
from workloads.registry import scaler_of, workload_of
from workloads.selector import labels_of, selector_of, sharing_problems

ILLEGIBLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What comes of a document without what every one of its kind has."""


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
    """What is said of documents; `canaries` are those that can work, with their origin and fields of our own."""

    findings: tuple[Finding, ...]
    canaries: tuple[tuple[str, Canary, tuple[str, ...]], ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind == "problem")


def review(found: Sequence[Found]) -> Reviewed:
    """Looks at all documents together."""
    findings: list[Finding] = []
    canaries: list[tuple[str, Canary, tuple[str, ...]]] = []
    around = Around(found)
    for one in found:
        if one.document.get("kind") == METRIC_TEMPLATE.kind:
            findings += _template(one)
        if not is_release(one.document):
            continue
        try:
            canary = canary_of(one.document)
        except Refused as refused:
            findings += _told("Canary", one, refused.problems)
            continue
        said = list(_canary(_Subject(one, canary, around)))
        findings += said
        if not any(finding.kind == "problem" for finding in said):
            canaries.append((one.origin, canary, tuple(front_of(one.document).own_fields(one.document))))
    return Reviewed(tuple(findings), tuple(canaries))


class Around:
    """Documents by kind, namespace and name."""

    def __init__(self, found: Iterable[Found]) -> None:
        self._found = list(found)

    def all(self, kind: str, namespace: str) -> list[Found]:
        return [one for one in self._found if _place(one.document)[:2] == (kind, namespace)]

    def each(self, kind: str, namespace: str, name: str) -> list[Found]:
        """All versions of one object: what is applied now, say, and what is to follow."""
        return [one for one in self._found if _place(one.document) == (kind, namespace, name)]


def _place(document: Manifest) -> tuple[str, str, str]:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return str(document.get("kind")), str(metadata.get("namespace") or "default"), str(metadata.get("name"))


def _told(kind: str, one: Found, problems: Iterable[Problem]) -> list[Finding]:
    """Problems of one document alone."""
    _, namespace, name = _place(one.document)
    return [Finding("problem", one.origin, f"{kind} {name}.{namespace}: {problem}") for problem in problems]


def _canary(subject: _Subject) -> Iterator[Finding]:
    for look in (_rivals, _target, _source, _autoscaler, _metrics):
        yield from look(subject)
    for text in advice(subject.canary):
        yield subject.remark(text)
    if absent := list(dict.fromkeys(_absent(subject))):
        yield subject.remark(f"not among these documents, so not looked at: {', '.join(absent)}")


@dataclass(frozen=True)
class _Subject:
    """A Canary under review."""

    found: Found
    canary: Canary
    around: Around

    def problem(self, text: object, origin: str = "") -> Finding:
        return Finding("problem", origin or self.found.origin, f"Canary {self.canary.full_name}: {text}")

    def remark(self, text: object, origin: str = "") -> Finding:
        return Finding("remark", origin or self.found.origin, f"Canary {self.canary.full_name}: {text}")

    def near(self, kind: str, name: str) -> list[Found]:
        """The versions of an object of the Canary's namespace."""
        return self.around.each(kind, self.canary.namespace, name)

    @property
    def targets(self) -> list[Found]:
        return self.near(self.canary.target.kind, self.canary.target.name)

    def legible(self, other: Found, look: Callable[[Manifest], Iterable[Finding]]) -> Iterator[Finding]:
        """What `look` finds; a document that lacks what every one of its kind has is told as such."""
        try:
            yield from list(look(other.document))
        except ILLEGIBLE as broken:
            kind, _, name = _place(other.document)
            text = f"{kind} {name} lacks what each has ({type(broken).__name__}: {broken}); complete it"
            yield self.problem(text, other.origin)


def _rivals(subject: _Subject) -> Iterator[Finding]:
    canary = subject.canary
    for other in subject.around.all(canary.origin.kind, canary.namespace):
        if _place(other.document)[2] == canary.name:
            continue
        try:
            same = canary_of(other.document).target == canary.target
        except Refused:
            continue
        if same:
            name = _place(other.document)[2]
            yield subject.problem(f"spec.targetRef: Canary {name} has the same target; delete all but one")


def _target(subject: _Subject) -> Iterator[Finding]:
    for found in subject.targets:
        yield from subject.legible(found, partial(_target_of, subject, found.origin))


def _target_of(subject: _Subject, origin: str, target: Manifest) -> Iterator[Finding]:
    canary = subject.canary
    template = workload_of(canary).template(target)
    for problem in (*_shared(subject, target), *port_problems(canary, template)):
        yield subject.problem(problem)
    for twice in duplicates(template):
        yield subject.remark(f"{twice.path}: {twice.problem}; primary gets it once", origin)


def _shared(subject: _Subject, target: Manifest) -> Iterator[Problem]:
    canary, kind = subject.canary, workload_of(subject.canary)
    try:
        chosen = selector_of(target)
    except Refused as refused:
        yield from refused.problems
        return
    workloads = [
        (_place(other.document)[2], labels_of(kind.template(other.document)))
        for other in subject.around.all(canary.target.kind, canary.namespace)
    ]
    yield from sharing_problems(canary, chosen, workloads)


def _source(subject: _Subject) -> Iterator[Finding]:
    named, gateway = source_of(subject.canary), gateway_of(subject.canary)

    def look(origin: str, route: Manifest) -> Iterator[Finding]:
        for problem in gateway.problems(subject.canary, route):
            yield subject.problem(problem, origin)
        for text in gateway.left_alone(subject.canary, route):
            yield subject.remark(text, origin)

    for found in subject.near(named[0].kind, named[1]) if named else ():
        yield from subject.legible(found, partial(look, found.origin))


def _autoscaler(subject: _Subject) -> Iterator[Finding]:
    target, scaler, named = subject.canary.target.name, scaler_of(subject.canary), subject.canary.autoscaler
    if scaler is None or named is None:
        return

    def look(live: Manifest) -> Iterator[Finding]:
        if (scaled := scaler.target(live)) != target:
            text = f"spec.autoscalerRef: {scaler.kind.kind} {named.name} scales {scaled}, not the target"
            yield subject.problem(f"{text}; name the one that scales {target}")

    for found in subject.near(scaler.kind.kind, named.name):
        yield from subject.legible(found, look)


def _metrics(subject: _Subject) -> Iterator[Finding]:
    for check in subject.canary.analysis.checks:
        if check.template is None:
            continue
        found = subject.around.each(METRIC_TEMPLATE.kind, check.template.namespace, check.template.name)
        if any(_template(one) for one in found):
            name = f"{check.template.name}.{check.template.namespace}"
            yield subject.problem(f"metric {check.name} can't be measured: MetricTemplate {name} can't work")


def _template(one: Found) -> list[Finding]:
    return _told(METRIC_TEMPLATE.kind, one, _template_problems(one.document))


def _template_problems(document: Manifest) -> tuple[Problem, ...]:
    try:
        template = metric_template.parse(document)
    except Refused as refused:
        return refused.problems
    if template.type in PROVIDERS:
        return ()
    known = ", ".join(sorted(PROVIDERS))
    return (Problem("spec.provider.type", f"{template.type} is not supported", f"use one of {known}"),)


def _absent(subject: _Subject) -> Iterator[str]:
    """What a Canary rests on and the documents don't hold."""
    canary, around = subject.canary, subject.around
    named = source_of(canary)
    if not subject.targets:
        yield f"{canary.target.kind} {canary.target.name}"
    if named is not None and not subject.near(named[0].kind, named[1]):
        yield f"{named[0].kind} {named[1]}"
    if canary.autoscaler is not None and not subject.near(canary.autoscaler.kind, canary.autoscaler.name):
        yield f"{canary.autoscaler.kind} {canary.autoscaler.name}"
    for check in canary.analysis.checks:
        template = check.template
        if template and not around.each(METRIC_TEMPLATE.kind, template.namespace, template.name):
            yield f"{METRIC_TEMPLATE.kind} {template.name}"
    yield from _absent_configs(subject)


def _absent_configs(subject: _Subject) -> Iterator[str]:
    for target in subject.targets:
        with suppress(*ILLEGIBLE):  # said already
            template = workload_of(subject.canary).template(target.document)
            for reference in revision_hash.tracked_references(template):
                kind = CONFIG_KINDS[reference.kind].kind
                if not reference.optional and not subject.near(kind, reference.name):
                    yield f"{kind} {reference.name}"
