"""AnalysisTemplates and ClusterAnalysisTemplates, and how several of them with their arguments become one analysis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from automation.core.kinds import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, Manifest
from automation.core.names import LABEL
from automation.core.refusal import Problem, Refused
from automation.core.runs.metric import Metric, Plan
from automation.core.steps import AnalysisUse, Argument, TemplateName
from documents.argo import analysis, metrics
from documents.section import Section

_REFERENCE = re.compile(r"\{\{(.*?)\}\}")
KINDS = {kind.kind: kind for kind in (ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE)}


@dataclass(frozen=True)
class AnalysisTemplate:
    """`metrics` are as the document has them: what an argument stands for is not known yet. `templates` are those that
    it takes in."""

    name: TemplateName
    namespace: str
    arguments: tuple[Argument, ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    dry_run: tuple[str, ...] = ()
    retention: Mapping[str, int] = field(default_factory=dict, hash=False)
    templates: tuple[TemplateName, ...] = ()

    @property
    def full_name(self) -> str:
        return self.name.name if self.name.cluster else f"{self.name.name}.{self.namespace}"


def parse(document: Mapping[str, Any]) -> AnalysisTemplate:
    """Read a template of either kind. Raises Refused with every problem of it at once."""
    problems: list[Problem] = []
    template = _read(document, problems)
    if problems:
        raise Refused(tuple(dict.fromkeys(problems)))
    return template


def _read(document: Mapping[str, Any], problems: list[Problem]) -> AnalysisTemplate:
    kind = document.get("kind")
    known = KINDS[kind] if isinstance(kind, str) and kind in KINDS else ANALYSIS_TEMPLATE
    root = Section(document, "", problems, known.kind)
    root.text("apiVersion", required=True, choices=(known.api_version,))
    root.text("kind", required=True, choices=(known.kind,))
    metadata, spec = root.section("metadata"), root.section("spec")
    root.allow("status")
    root.close()
    measured = spec.sections("metrics")
    read = [metrics.read(one) for one in measured]
    template = AnalysisTemplate(
        TemplateName(metadata.named("name", required=True), known is CLUSTER_ANALYSIS_TEMPLATE),
        metadata.named("namespace", LABEL) or "default",
        analysis.arguments(spec, ("fieldRef", "secretKeyRef"), given=False),
        tuple(one.fields for one in measured),
        tuple(analysis.patterns(spec, "dryRun")),
        analysis.patterns(spec, "measurementRetention"),
        analysis.templates(spec),
    )
    spec.close()
    if not measured and not template.templates:
        spec.refuse("metrics", "is missing, so nothing would be measured", "add a metric")
    _refuse_twins(spec, read)
    for index, one in enumerate(template.metrics):
        _refuse_unknown(spec, one, f"metrics[{index}]", template)
    if not template.templates:
        _refuse_idle(spec, template, tuple(metric.name for metric in read))
    return template


def _refuse_twins(spec: Section, read: Sequence[Metric]) -> None:
    names = [metric.name for metric in read]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            spec.refuse(
                f"metrics[{index}].name", f"{name} is there twice", "give each metric a name of its own"
            )


def _refuse_unknown(spec: Section, value: Any, path: str, template: AnalysisTemplate) -> None:
    """References to arguments that the template does not have. Templates that are taken in may bring theirs."""
    names = [argument.name for argument in template.arguments]
    for where, reference in _references(value, path):
        name = reference.removeprefix("args.")
        if reference.startswith("args.") and (name in names or template.templates):
            continue
        known = ", ".join(f"{{{{args.{one}}}}}" for one in names) or "none"
        spec.refuse(where, f"{{{{{reference}}}}} is not known; known are: {known}", "add it to spec.args")


def _references(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """What stands between {{ and }}, each with its path."""
    if isinstance(value, str):
        for match in _REFERENCE.finditer(value):
            yield path, match[1].strip()
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _references(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _references(inner, f"{path}[{index}]")


def _refuse_idle(spec: Section, template: AnalysisTemplate, names: tuple[str, ...]) -> None:
    """Patterns that no metric has."""
    for field_name, patterns in (
        ("dryRun", template.dry_run),
        ("measurementRetention", tuple(template.retention)),
    ):
        for index, pattern in enumerate(patterns):
            if names and not analysis.matching(pattern, names):
                remedy = f"name one of {', '.join(names)}"
                spec.refuse(f"{field_name}[{index}].metricName", f"{pattern!r} is no metric's name", remedy)


def plan_of(use: AnalysisUse, templates: Mapping[TemplateName, AnalysisTemplate]) -> Plan:
    """The analysis that a Rollout asks for. Raises Refused where templates and arguments don't make one.

    A template that is not among `templates` is left out."""
    problems: list[Problem] = []
    taken = list(_taken_in(use.templates, templates))
    given = _merged(use, taken, problems)
    read = [_metric(one, given, template, problems) for template in taken for one in template.metrics]
    names = tuple(metric.name for metric in read)
    for name in sorted({name for name in names if names.count(name) > 1}):
        problem = f"metric {name} stands in more than one of these templates"
        problems.append(Problem(f"{use.path}.templates", problem, "give each metric a name of its own"))
    if problems:
        raise Refused(tuple(dict.fromkeys(problems)))
    dry_run = (*use.dry_run, *(pattern for template in taken for pattern in template.dry_run))
    retention: dict[str, int] = {}
    for patterns in (*(template.retention for template in taken), use.retention):
        for pattern, limit in patterns.items():
            retention |= dict.fromkeys(analysis.matching(pattern, names), limit)
    decided = {name for pattern in dry_run for name in analysis.matching(pattern, names)}
    return Plan(tuple(read), frozenset(decided), retention)


def _taken_in(
    names: Iterable[TemplateName], templates: Mapping[TemplateName, AnalysisTemplate]
) -> Iterator[AnalysisTemplate]:
    """The templates of these names and those that they take in, each once."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in templates:
            continue
        seen.add(name)
        yield templates[name]
        waiting += templates[name].templates


def _merged(
    use: AnalysisUse, taken: Sequence[AnalysisTemplate], problems: list[Problem]
) -> Mapping[str, Argument]:
    """Arguments by name: the Rollout's before the templates' own. Each that a template has needs a value."""
    own: dict[str, Argument] = {}
    for argument in (argument for template in taken for argument in template.arguments):
        earlier = own.get(argument.name)
        if earlier and None not in (earlier.value, argument.value) and earlier != argument:
            problem = f"argument {argument.name} has different values in these templates"
            problems.append(
                Problem(
                    f"{use.path}.templates", problem, f"give it in {use.path}.args, or mend the templates"
                )
            )
        if earlier is None or earlier.value is None:
            own[argument.name] = argument
    given = {argument.name: argument for argument in use.arguments}
    merged = {name: given.get(name, argument) for name, argument in own.items()}
    for name, argument in merged.items():
        if argument.value is None:
            problems.append(
                Problem(f"{use.path}.args", f"argument {name} was not supplied", f"add it with name: {name}")
            )
    return merged


def _metric(
    written: Mapping[str, Any],
    arguments: Mapping[str, Argument],
    template: AnalysisTemplate,
    problems: list[Problem],
) -> Metric:
    """A metric with its arguments filled in. What is only known in a run stays as it is."""
    known = {
        f"args.{name}": argument.value
        for name, argument in arguments.items()
        if argument.source == "value" and argument.value is not None
    }
    own: list[Problem] = []
    metric = metrics.read(
        Section(_filled(written, known), f"metric {written.get('name')}", own, template.name.kind)
    )
    secrets = {
        name: str(argument.value)
        for name, argument in arguments.items()
        if argument.source == "secretKeyRef" and f"{{{{args.{name}}}}}" in str(metric.settings)
    }
    metric = replace(metric, secrets=secrets)
    named = f"{template.name.kind} {template.full_name}: "
    problems += [Problem(f"{named}{one.path}", one.problem, one.remedy) for one in own]
    return metric


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: known.get(match[1].strip(), match[0]), value)
    if isinstance(value, Mapping):
        return {name: _filled(inner, known) for name, inner in value.items()}
    return [_filled(inner, known) for inner in value] if isinstance(value, list) else value


def absent(use: AnalysisUse, templates: Mapping[TemplateName, AnalysisTemplate]) -> tuple[TemplateName, ...]:
    """The templates that an analysis needs, itself or by way of others, and that are not among `templates`."""
    taken = list(_taken_in(use.templates, templates))
    needed = (*use.templates, *(name for template in taken for name in template.templates))
    return tuple(dict.fromkeys(name for name in needed if name not in templates))


def by_name(documents: Iterable[Manifest]) -> Mapping[TemplateName, AnalysisTemplate]:
    """The templates among documents that can be read, by the names under which a Rollout of their namespace asks."""
    found = {}
    for document in documents:
        try:
            template = parse(document)
        except Refused:
            continue
        found[template.name] = template
    return found
