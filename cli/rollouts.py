"""What is said of Argo's documents: of each Rollout with the templates, Services and routes that are there with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from automation.core.kinds import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, SECRET, SERVICE, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.rollout import CanarySteps, Rollout
from automation.core.runs.metric import Metric
from automation.core.steps import AnalysisUse, SetHeaderRoute, SetMirrorRoute, SetWeight, TemplateName
from automation.questions.metrics.analysts import ANALYSTS
from automation.questions.metrics.credentials import keys
from cli.findings import Finding
from cli.surroundings import Place, Placed
from documents.argo import released
from documents.argo import rollout as rollouts
from documents.argo.kinds import is_rollout
from documents.argo.lending import lent
from documents.argo.surroundings import service_problems, services
from documents.argo.template import AnalysisTemplate, absent, by_name, plan_of
from documents.front import canary_of
from gateways.registry import each_route, gateway_of, source_of
from stacks.manifests import Found

_UNKNOWN: Manifest = {
    "spec": {
        "selector": {"matchLabels": {"app": "unknown"}},
        "template": {
            "metadata": {"labels": {"app": "unknown"}},
            "spec": {"containers": [{"name": "unknown"}]},
        },
    }
}
"""A workload that is not among the documents."""


@dataclass(frozen=True)
class Subject:
    """A Rollout under review. `legible` are the documents that nothing is wrong with."""

    found: Found
    rollout: Rollout
    legible: Placed

    def problem(self, problem: Problem) -> Finding:
        return Finding("problem", self.found.origin, f"Rollout {self.rollout.full_name}: {problem}")

    def remark(self, text: str) -> Finding:
        return Finding("remark", self.found.origin, f"Rollout {self.rollout.full_name}: {text}")

    def near(self, kind: str, name: str) -> Sequence[Found]:
        return self.legible.get((kind, self.rollout.namespace, name), ())

    @property
    def whole(self) -> Manifest:
        """The document, with the pods that another one lends it; one that is not among the others may do so, too."""
        named = self.rollout.workload
        if named is None:
            return self.found.document
        lenders = self.near(named.kind, named.name)
        return lent(self.found.document, lenders[0].document if lenders else _UNKNOWN)

    @property
    def templates(self) -> Mapping[TemplateName, AnalysisTemplate]:
        """The templates that it can name: those of its namespace, and of the cluster."""
        return by_name(
            one.document
            for (kind, namespace, _), versions in self.legible.items()
            if kind == CLUSTER_ANALYSIS_TEMPLATE.kind
            or (kind, namespace) == (ANALYSIS_TEMPLATE.kind, self.rollout.namespace)
            for one in versions
        )


def review(found: Found, legible: Placed) -> Iterator[Finding]:
    """What is wrong with a Rollout and its surroundings, and what is worth knowing; nothing is said of other kinds."""
    if not is_rollout(found.document):
        return
    subject = Subject(found, rollouts.parse(found.document), legible)
    undriven = tuple(_undriven(subject))
    problems = dict.fromkeys((*_analyses(subject), *undriven, *_credentials(subject)))
    yield from map(subject.problem, problems)
    for look in (_services, _sources, _remarks):
        yield from look(subject)
    if lacking := dict.fromkeys(_lacking(subject)):
        yield subject.remark(f"not among these documents, so not looked at: {', '.join(lacking)}")
    driven = "" if undriven else "released (sluice run), and "
    yield subject.remark(f"can be {driven}converted (sluice convert)")


def places(document: Manifest) -> Iterator[Place]:
    """Where that stands what a Rollout names; nothing for documents of other kinds."""
    if is_rollout(document):
        rollout = rollouts.parse(document)
        for kind, name in _named(rollout):
            yield kind, rollout.namespace, name


def _named(rollout: Rollout) -> Iterator[tuple[str, str]]:
    """Kind and name of what it refers to beside templates."""
    if rollout.workload:
        yield rollout.workload.kind, rollout.workload.name
    for name in services(rollout).values():
        yield SERVICE.kind, name
    if isinstance(rollout.strategy, CanarySteps) and rollout.strategy.routing:
        for routing in rollout.strategy.routing.all:
            yield from ((routing.kind, name) for name in routing.sources)


def _lacking(subject: Subject) -> Iterator[str]:
    for kind, name in _named(subject.rollout):
        if not subject.near(kind, name):
            yield f"{kind} {name}"
    for use in subject.rollout.uses:
        for template in absent(use, subject.templates):
            yield f"{template.kind} {template.name}"


def _analyses(subject: Subject) -> Iterator[Problem]:
    """Templates and arguments that don't make an analysis. Where a template is absent that can't be told."""
    known = subject.templates
    for use in subject.rollout.uses:
        if absent(use, known):
            continue
        try:
            plan_of(use, known)
        except Refused as refused:
            yield from refused.problems


def _credentials(subject: Subject) -> Iterator[Problem]:
    """Secrets among the documents that lack what those need who are asked."""
    asked = [one for use in subject.rollout.uses for one in _metrics(use, subject.templates)]
    for metric in (metric for metric in asked if metric.provider in ANALYSTS):
        analyst = ANALYSTS[metric.provider]
        name = analyst.secret_of(metric.settings)
        for secret in subject.near(SECRET.kind, name):
            if lacking := analyst.missing(keys(secret.document)):
                yield Problem(f"metric {metric.name}", f"Secret {name} {lacking}", "add it")


def _metrics(use: AnalysisUse, known: Mapping[TemplateName, AnalysisTemplate]) -> Sequence[Metric]:
    """Those of an analysis; none where it is not one."""
    try:
        return () if absent(use, known) else plan_of(use, known).metrics
    except Refused:
        return ()


def _services(subject: Subject) -> Iterator[Finding]:
    for field, name in services(subject.rollout).items():
        for found in subject.near(SERVICE.kind, name):
            yield from map(subject.problem, service_problems(subject.rollout, field, found.document))


def _sources(subject: Subject) -> Iterator[Finding]:
    """Routes that lead nobody to what is to be split. Of a Rollout that nobody drives they are not looked at."""
    try:
        canary = canary_of(subject.whole)
    except Refused:
        return
    for one in each_route(canary):
        kind, name = source_of(one) or (None, "")
        for found in subject.near(kind.kind, name) if kind else ():
            yield from map(subject.problem, gateway_of(one).problems(one, found.document))


def _remarks(subject: Subject) -> Iterator[Finding]:
    strategy = subject.rollout.strategy
    if not isinstance(strategy, CanarySteps):
        return
    if not strategy.steps:
        yield subject.remark(
            "spec.strategy.canary.steps is empty, so that everybody meets a new version at once"
        )
    elif not any(isinstance(step, SetWeight | SetHeaderRoute | SetMirrorRoute) for step in strategy.steps):
        yield subject.remark("no step has setWeight, so that nobody meets the canary before everybody does")
    elif strategy.routing is None:
        yield subject.remark(
            "without spec.strategy.canary.trafficRouting weights are only as exact as the number of pods allows"
        )


def _undriven(subject: Subject) -> Iterator[Problem]:
    """What no driver here does of it, itself or in what its analyses ask."""
    document = subject.whole
    try:
        canary = canary_of(document)
    except Refused as refused:
        yield from refused.problems
        return
    if any(absent(use, subject.templates) for use in subject.rollout.uses):
        return
    try:
        hashes = released.Hashes("stable", "latest")
        released.with_analyses(canary, document, subject.templates, hashes)
    except Refused as refused:
        yield from refused.problems
