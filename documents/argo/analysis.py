"""Reads where a Rollout asks for an analysis: its templates, and what they are given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from automation.core.steps import AnalysisUse, Argument, Source, TemplateName
from documents.section import Section

_METADATA = re.compile(r"metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])")
"""Paths of metadata that can be referred to: those of Kubernetes' downward API."""


def is_argument(value: Any) -> bool:
    """Whether a value depends on an argument."""
    return isinstance(value, str) and "{{" in value


def read(section: Section) -> AnalysisUse:
    """What stands under `analysis`, or beside a switch of blueGreen."""
    use = AnalysisUse(
        templates=templates(section),
        arguments=arguments(section, ("podTemplateHashValue", "fieldRef")),
        dry_run=tuple(patterns(section, "dryRun")),
        retention=patterns(section, "measurementRetention"),
        path=section.path,
    )
    section.allow("analysisRunMetadata", "startingStep")
    section.close()
    if not use.templates:
        section.refuse("templates", "is missing, so nothing would be measured", "name an AnalysisTemplate")
    return use


def templates(section: Section) -> tuple[TemplateName, ...]:
    found = []
    for one in section.sections("templates"):
        found.append(TemplateName(one.text("templateName", required=True), one.flag("clusterScope")))
        one.close()
    return tuple(found)


def arguments(section: Section, sources: tuple[Source, ...], *, given: bool = True) -> tuple[Argument, ...]:
    """What stands under `args`; `given`: each has to have a value, or one of the `sources` of one."""
    found = [_argument(one, sources, given=given) for one in section.sections("args")]
    names = [argument.name for argument in found]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            section.refuse(f"args[{index}].name", f"{name} is there twice", "give each argument once")
    return tuple(found)


def _argument(section: Section, sources: tuple[Source, ...], *, given: bool) -> Argument:
    name = section.text("name", required=True)
    value = section.text("value") if "value" in section else None
    origin = section.section("valueFrom")
    named = [source for source in sources if source in origin]
    taken = {source: _origin(origin, source) for source in named}
    origin.allow(*sources)
    origin.close()
    section.close()
    if len(named) + (value is not None) > 1:
        section.refuse("valueFrom", "is given beside another value", "give the argument one value")
    if not named and ("valueFrom" in section or (value is None and given)):
        section.refuse("value", "is missing", f"set it to text, or valueFrom to {' or '.join(sources)}")
    return Argument(name, taken[named[0]], named[0]) if named else Argument(name, value)


def _origin(section: Section, source: Source) -> str:
    match source:
        case "podTemplateHashValue":
            return section.text(source, choices=("Stable", "Latest"))
        case "fieldRef":
            return _field(section.section(source))
        case "secretKeyRef":
            secret = section.section(source)
            named = f"{secret.text('name', required=True)}/{secret.text('key', required=True)}"
            secret.close()
            return named
    return ""


def _field(section: Section) -> str:
    path = section.text("fieldPath", required=True)
    section.close()
    if path.startswith("metadata") and not _METADATA.fullmatch(path):
        section.refuse(
            "fieldPath",
            f"{path!r} is no field of metadata that can be referred to",
            "use metadata.name, .namespace, .uid, .labels['NAME'] or .annotations['NAME']",
        )
    return path


def patterns(section: Section, field: str) -> Mapping[str, int]:
    """Numbers by patterns of metrics' names; 0 where only the patterns count."""
    found: dict[str, int] = {}
    for one in section.sections(field):
        pattern = one.text("metricName", required=True)
        limit = one.whole("limit", least=1) if field == "measurementRetention" else 0
        one.close()
        if pattern in found:
            one.refuse("metricName", f"{pattern} is there twice", "list each pattern once")
        _refuse_broken(one, pattern)
        found[pattern] = limit
    return found


def _refuse_broken(section: Section, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as broken:
        remedy = 'write a name, or ".*" for all metrics'
        section.refuse("metricName", f"{pattern!r} is no regular expression ({broken})", remedy)


def matching(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names in which a pattern is found; none for one that is no pattern."""
    try:
        return tuple(name for name in names if re.search(pattern, name))
    except re.error:
        return ()
