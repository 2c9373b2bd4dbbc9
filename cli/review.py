"""What is wrong with documents, before anybody applies them: each alone, and each Canary with what the others say of
its surroundings.

What they don't hold is not looked at, and named. All rules are those of a driver that meets the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from automation.core import revision_hash
from automation.core.advice import advice
from automation.core.analysis import MetricCheck
from automation.core.kinds import CONFIG_KINDS, METRIC_TEMPLATE, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import flaws
from automation.core.spec import Canary
from automation.questions.metrics import queries
from automation.questions.metrics.providers import PROVIDERS
from automation.questions.metrics.variables import Unrendered
from stacks.manifests import Found
from documents import metric_template
from documents.front import canary_of, front_of, is_release
from documents.shapes import shape_of
from gateways.registry import gateway_of, source_of
from workloads.duplicates import duplicates
from workloads.ports import port_problems
from workloads.registry import scaler_of, workload_of
from workloads.selector import labels_of, selector_of, sharing_problems


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
    """Looks at each document, and at all together."""
    alone = [(one, tuple(_alone(one.document))) for one in found]
    around = Around(
        tuple(one for one, problems in alone if not problems),
        tuple(one for one, problems in alone if problems),
    )
    subjects = [
        _Subject(one, canary_of(one.document), around) if not problems and is_release(one.document) else None
        for one, problems in alone
    ]
    lacking = frozenset(reference for subject in subjects if subject for reference in subject.lacking)
    findings: list[Finding] = []
    canaries: list[tuple[str, Canary, tuple[str, ...]]] = []
    for (one, problems), subject in zip(alone, subjects, strict=True):
        findings += _told(one, problems, "problem" if _matters(one, lacking) else "remark")
        if subject is None:
            continue
        said = list(_canary(subject))
        findings += said
        if not any(finding.kind == "problem" for finding in said):
            ours = tuple(front_of(one.document).own_fields(one.document))
            canaries.append((one.origin, subject.canary, ours))
    return Reviewed(tuple(findings), tuple(canaries))


def _alone(document: Manifest) -> Iterable[Problem]:
    """What is wrong with a document, whatever the others are."""
    kind = document["kind"]
    if is_release(document):
        return _refused(document)
    if kind == METRIC_TEMPLATE.kind:
        return _template_problems(document)
    return flaws(document, shape_of(kind))


def _refused(document: Manifest) -> tuple[Problem, ...]:
    try:
        canary_of(document)
    except Refused as refused:
        return refused.problems
    return ()


def _template_problems(document: Manifest) -> tuple[Problem, ...]:
    try:
        template = metric_template.parse(document)
    except Refused as refused:
        return refused.problems
    if template.type in PROVIDERS:
        return ()
    known = ", ".join(sorted(PROVIDERS))
    return (Problem("spec.provider.type", f"{template.type} is not supported", f"use one of {known}"),)


def _matters(one: Found, lacking: Iterable[_Reference]) -> bool:
    """Whether a release depends on a document, given all that Canaries are `lacking`: none of them may have anything to
    do with it, or it may be a patch of another one, as overlays have them."""
    told = is_release(one.document) or _place(one.document)[0] == METRIC_TEMPLATE.kind
    return told or any(reference.among([one]) for reference in lacking)


def _told(one: Found, problems: Iterable[Problem], kind: Literal["problem", "remark"]) -> list[Finding]:
    """What is said of one document alone."""
    what, namespace, name = _place(one.document)
    return [Finding(kind, one.origin, f"{what} {name}.{namespace}: {problem}") for problem in problems]


def _place(document: Manifest) -> tuple[str, str, str]:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return str(document.get("kind")), _text(metadata, "namespace", "default"), _text(metadata, "name", "?")


def _text(metadata: Manifest, name: str, default: str) -> str:
    value = metadata.get(name)
    return value if isinstance(value, str) and value else default


@dataclass(frozen=True)
class Around:
    """All documents: those that nothing is wrong with, and the others."""

    legible: tuple[Found, ...]
    broken: tuple[Found, ...]

    def all(self, kind: str, namespace: str) -> list[Found]:
        return [one for one in self.legible if _place(one.document)[:2] == (kind, namespace)]


@dataclass(frozen=True)
class _Reference:
    """What a Canary names in a field."""

    field: str
    kind: str
    namespace: str
    name: str

    def among(self, found: Iterable[Found]) -> list[Found]:
        """All versions of it: what is applied now, say, and what is to follow."""
        return [one for one in found if _place(one.document) == (self.kind, self.namespace, self.name)]


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

    def near(self, reference: _Reference | None) -> list[Found]:
        """The versions of what the Canary names, as far as they are what they should be."""
        return reference.among(self.around.legible) if reference else []

    @property
    def target(self) -> _Reference:
        return self._named("spec.targetRef", self.canary.target.kind, self.canary.target.name)

    @property
    def source(self) -> _Reference | None:
        source, named = gateway_of(self.canary).source, source_of(self.canary)
        return self._named(f"spec.{source.field}", named[0].kind, named[1]) if source and named else None

    @property
    def autoscaler(self) -> _Reference | None:
        named = self.canary.autoscaler
        return self._named("spec.autoscalerRef", named.kind, named.name) if named else None

    @property
    def configs(self) -> list[_Reference]:
        """The configuration that the target can't do without."""
        templates = [workload_of(self.canary).template(one.document) for one in self.near(self.target)]
        return [
            self._named("spec.targetRef", CONFIG_KINDS[reference.kind].kind, reference.name)
            for template in templates
            for reference in revision_hash.tracked_references(template)
            if not reference.optional
        ]

    @property
    def references(self) -> list[_Reference]:
        named = (self.target, self.source, self.autoscaler)
        templates = (_template_of(check) for check in self.canary.analysis.checks)
        return [one for one in (*named, *templates, *self.configs) if one is not None]

    @property
    def lacking(self) -> list[_Reference]:
        """What it names and no document holds as it should be."""
        return [one for one in dict.fromkeys(self.references) if not self.near(one)]

    def _named(self, field: str, kind: str, name: str) -> _Reference:
        return _Reference(field, kind, self.canary.namespace, name)


def _template_of(check: MetricCheck) -> _Reference | None:
    if check.template is None:
        return None
    return _Reference(
        f"metric {check.name} can't be measured",
        METRIC_TEMPLATE.kind,
        check.template.namespace,
        check.template.name,
    )


def _canary(subject: _Subject) -> Iterator[Finding]:
    for look in (_broken, _rivals, _target, _source, _autoscaler, _metrics):
        yield from look(subject)
    for text in advice(subject.canary):
        yield subject.remark(text)
    every = (*subject.around.legible, *subject.around.broken)
    absent = [f"{one.kind} {one.name}" for one in subject.references if not one.among(every)]
    if absent:
        named = ", ".join(dict.fromkeys(absent))
        yield subject.remark(f"not among these documents, so not looked at: {named}")


def _broken(subject: _Subject) -> Iterator[Finding]:
    for reference in subject.lacking:
        for one in reference.among(subject.around.broken):
            named = f"{reference.kind} {reference.name}.{reference.namespace}"
            yield subject.problem(f"{reference.field}: {named} can't work; mend it in {one.origin}")


def _rivals(subject: _Subject) -> Iterator[Finding]:
    canary = subject.canary
    for found in subject.around.all(canary.origin.kind, canary.namespace):
        other = canary_of(found.document)
        if other.name != canary.name:
            yield from map(subject.problem, _shared_with(canary, other))


def _shared_with(canary: Canary, other: Canary) -> Iterator[Problem]:
    """What two Canaries would take from each other."""
    same, kind = f"Canary {other.name} has the same", canary.target.kind
    if (kind, canary.target.name) == (other.target.kind, other.target.name):
        yield Problem("spec.targetRef", f"{same} target", "delete all but one")
        return
    for name in sorted(_workloads(canary) & _workloads(other)) if kind == other.target.kind else ():
        yield Problem(
            "spec.targetRef", f"{same} {kind} {name} as target or primary", "rename one of the targets"
        )
    for name in sorted(_services(canary) & _services(other))[:1]:
        yield Problem("spec.service.name", f"{same} Service {name}", "give each a name of its own")
    for scaler in sorted(_scalers(canary) & _scalers(other))[:1]:
        remedy = f"name the one that scales {canary.target.name}"
        yield Problem("spec.autoscalerRef", f"{same} {' '.join(scaler)}", remedy)


def _workloads(canary: Canary) -> set[str]:
    return {canary.target.name, canary.primary_name}


def _services(canary: Canary) -> set[str]:
    return {canary.apex, f"{canary.apex}-primary", f"{canary.apex}-canary"}


def _scalers(canary: Canary) -> set[tuple[str, str]]:
    named = canary.autoscaler
    return {(named.kind, named.name), (named.kind, canary.primary_scaler_name)} if named else set()


def _target(subject: _Subject) -> Iterator[Finding]:
    canary = subject.canary
    for found in subject.near(subject.target):
        template = workload_of(canary).template(found.document)
        for problem in (*_shared(subject, found.document), *port_problems(canary, template)):
            yield subject.problem(problem)
        for twice in duplicates(template):
            yield subject.remark(f"{twice.path}: {twice.problem}; primary gets it once", found.origin)


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
    canary, gateway = subject.canary, gateway_of(subject.canary)
    for found in subject.near(subject.source):
        for problem in gateway.problems(canary, found.document):
            yield subject.problem(problem, found.origin)
        for text in gateway.left_alone(canary, found.document):
            yield subject.remark(text, found.origin)


def _autoscaler(subject: _Subject) -> Iterator[Finding]:
    target, scaler = subject.canary.target.name, scaler_of(subject.canary)
    for found in subject.near(subject.autoscaler):
        if scaler and (scaled := scaler.target(found.document)) != target:
            text = f"spec.autoscalerRef: {scaler.kind.kind} {_place(found.document)[2]} scales {scaled}, not the target"
            yield subject.problem(f"{text}; name the one that scales {target}")


def _metrics(subject: _Subject) -> Iterator[Finding]:
    """Queries that a run could not ask, with the names that it would ask them with."""
    canary = subject.canary
    for check in canary.analysis.checks:
        text = f"metric {check.name} can't be measured"
        if check.template is None and check.query and (wrong := _unrendered(check.query, canary, check)):
            yield subject.problem(f"{text}: {wrong}")
        for found in subject.near(_template_of(check)):
            template = metric_template.parse(found.document)
            if wrong := _unrendered(template.query, canary, check):
                yield subject.problem(
                    f"{text}: MetricTemplate {template.full_name}: spec.{wrong}", found.origin
                )


def _unrendered(query: str, canary: Canary, check: MetricCheck) -> str:
    try:
        queries.written(query, canary, check)
    except Unrendered as unrendered:
        return f"query: {unrendered}; mend it, or give it in templateVariables"
    return ""
