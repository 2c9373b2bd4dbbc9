"""`sluice convert`: Rollouts as Canaries, and Canaries as Rollouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
import yaml

from automation.core.analysis import MetricCheck
from automation.core.kinds import (
    ANALYSIS_TEMPLATE,
    CLUSTER_ANALYSIS_TEMPLATE,
    METRIC_TEMPLATE,
    SERVICE,
    Manifest,
)
from automation.core.refusal import Problem, Refused
from automation.core.shape import METADATA, PORT, TEXT, WHOLE, Items, fields, flaws
from automation.core.spec import Canary
from automation.errors import DocumentRefused
from automation.questions.metrics import queries
from automation.questions.metrics.variables import Unrendered
from cli.sources import read
from cli.surroundings import Placed, place_of, placed
from documents import metric_template
from documents.argo.kinds import is_rollout
from documents.argo.template import by_name
from documents.conversion.converted import Converted
from documents.conversion.to_canary import to_canary
from documents.conversion.to_rollout import to_rollout
from documents.front import canary_of, is_canary
from documents.metric_template import MetricTemplate
from documents.shapes import shape_of
from gateways.registry import DEFAULT
from stacks.manifests import Found

_SERVICE = fields(
    spec=fields(ports=Items(fields(port=WHOLE, targetPort=PORT, name=TEXT, appProtocol=TEXT))),
    metadata=METADATA,
)


@click.command(short_help="Rollouts as Canaries, and Canaries as Rollouts.")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-…")
@click.option("--strict", is_flag=True, help="Write nothing where something has no exact equal.")
def convert(files: tuple[str, ...], strict: bool) -> None:
    """Writes each Argo Rollout as the Canary that does the same, with MetricTemplates and a Deployment for its pods,
    and each Canary as a Rollout with an AnalysisTemplate.

    Templates, Services and routes that belong to them are looked for in the same files. What has no exact equal is told
    field by field, on standard error and as a comment before the document; what a release can't be without, and is not
    there, is refused. Nothing is applied, and no cluster is asked.
    """
    sources = read(files)
    for line in sources.passed:
        click.echo(line, err=True)
    if sources.unreadable:
        raise DocumentRefused("\n".join(sources.unreadable))
    converted = list(_converted(sources.found))
    if not converted:
        raise DocumentRefused("there is neither a Rollout nor a Canary to convert")
    told = [f"{origin}: {difference}" for origin, one in converted for difference in one.differences]
    if strict and told:
        raise DocumentRefused("\n".join(told))
    for line in told:
        click.echo(line, err=True)
    for _, one in converted:
        click.echo(_written(one), nl=False)


class _Plain(yaml.SafeDumper):
    """What is the same twice is written twice, as people do; text of several lines as such."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and not any(line.endswith(" ") for line in text.splitlines()) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def _converted(found: Sequence[Found]) -> Iterator[tuple[str, Converted]]:
    near = placed(found)
    for one in found:
        if not (is_rollout(one.document) or is_canary(one.document)):
            continue
        kind, namespace, name = place_of(one.document)
        try:
            rollout = is_rollout(one.document)
            yield one.origin, (_canary if rollout else _rollout)(one.document, near, namespace)
        except Refused as refused:
            lines = (f"{one.origin}: {kind} {name}.{namespace}: {problem}" for problem in refused.problems)
            raise DocumentRefused("\n".join(lines)) from refused


def _canary(document: Manifest, near: Placed, namespace: str) -> Converted:
    templates = by_name(
        one.document
        for (kind, there, _), versions in near.items()
        if kind == CLUSTER_ANALYSIS_TEMPLATE.kind or (kind, there) == (ANALYSIS_TEMPLATE.kind, namespace)
        for one in versions
    )
    return to_canary(document, templates, lambda kind, name: _there(near, kind, namespace, name))


def _rollout(document: Manifest, near: Placed, namespace: str) -> Converted:
    return to_rollout(
        canary_of(document, DEFAULT),
        lambda kind, name: _there(near, kind, namespace, name),
        lambda there, name: _template(near, there, name),
        _query,
    )


def _there(near: Placed, kind: str, namespace: str, name: str) -> Manifest | None:
    """The document of that name. Raises Refused where it is not what such a document has to be."""
    versions = near.get((kind, namespace, name))
    if not versions:
        return None
    found = versions[-1]
    shape = _SERVICE if kind == SERVICE.kind else shape_of(kind)
    if problems := tuple(flaws(found.document, shape, f"{kind} {name} in {found.origin}: ")):
        raise Refused(problems)
    return found.document


def _template(near: Placed, namespace: str, name: str) -> MetricTemplate | None:
    versions = near.get((METRIC_TEMPLATE.kind, namespace, name))
    return metric_template.parse(versions[-1].document) if versions else None


def _query(canary: Canary, check: MetricCheck, query: str) -> str:
    try:
        return queries.written(query, canary, check)
    except Unrendered as unrendered:
        problem = Problem(
            f"spec.analysis.metrics {check.name}", str(unrendered), "give it in templateVariables"
        )
        raise Refused((problem,)) from unrendered


def _written(converted: Converted) -> str:
    """The documents as YAML, with a comment for each difference before them."""
    comments = "".join(f"# {difference}\n" for difference in converted.differences)
    texts = (
        yaml.dump(one, Dumper=_Plain, sort_keys=False, allow_unicode=True) for one in converted.documents
    )
    return comments + "".join(f"---\n{text}" for text in texts)
