"""What is wrong with documents, before anybody applies them: each alone, and each Canary with what the others say of
its surroundings.

What they don't hold is not looked at, and named. All rules are those of a driver that meets the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from automation.core.advice import advice
from automation.core.analysis import MetricCheck
from automation.core.kinds import ALERT_PROVIDER, METRIC_TEMPLATE, SECRET, Manifest
from automation.core.names import LONGEST_STACK
from automation.core.refusal import Problem, Refused
from automation.core.shape import flaws
from automation.core.spec import Canary
from automation.questions.metrics import providers, queries
from automation.questions.metrics.credentials import keys
from automation.questions.metrics.variables import Unrendered, prove
from cli import rollouts
from cli.findings import Finding, Reviewed
from cli.sharing import Claims, shared_with
from cli.surroundings import Around, Place, Subject, place_of, placed, template_of
from documents import alert_provider, metric_template
from documents.alert_provider import AlertProvider
from documents.argo.kinds import is_argo, is_rollout
from documents.argo.kinds import problems as argo_problems
from documents.front import canary_of, front_of, is_canary
from documents.kinds import misnamed
from documents.shapes import shape_of
from gateways.registry import DEFAULT, gateway_of, unread
from stacks.environments import ENVIRONMENTS
from stacks.manifests import Found
from stacks.names import StackName
from workloads.apex import apex_problems
from workloads.duplicates import duplicates
from workloads.ports import port_problems
from workloads.registry import WORKLOADS, scaler_of, workload_of
from workloads.scaler_versions import warning
from workloads.selector import selector_of, sharing_problems


def review(found: Sequence[Found], provider: str = DEFAULT) -> Reviewed:
    """Looks at each document, and at all together. Canaries that name no gateway have `provider`."""
    alone = [(one, tuple(_alone(one.document, provider))) for one in found]
    legible = [one for one, problems in alone if not problems]
    read = [(one, canary_of(one.document, provider)) for one in legible if is_canary(one.document)]
    around = Around(
        placed(legible),
        placed([one for one, problems in alone if problems]),
        Claims([canary for _, canary in read]),
    )
    subjects = {id(one): Subject(one, canary, around) for one, canary in read}
    lacking = {reference.place for subject in subjects.values() for reference in subject.lacking}
    lacking |= {place for one in legible for place in rollouts.places(one.document)}
    findings: list[Finding] = []
    canaries: list[tuple[str, Canary, tuple[str, ...]]] = []
    for one, problems in alone:
        findings += _told(one, problems, lacking) if problems else _remarks(one)
        findings += () if problems else (*rollouts.review(one, around.legible), *_secret(one, around))
        if (subject := subjects.get(id(one))) is None:
            continue
        said = list(_canary(subject))
        findings += said
        if not any(finding.kind == "problem" for finding in said):
            ours = tuple(front_of(one.document).own_fields(one.document))
            canaries.append((one.origin, subject.canary, ours))
    return Reviewed(tuple(findings), tuple(canaries), sum(is_rollout(one.document) for one in found))


def _alone(document: Manifest, provider: str) -> Iterable[Problem]:
    """What is wrong with a document, whatever the others are."""
    kind = document["kind"]
    if is_argo(document):
        return argo_problems(document)
    if is_canary(document):
        return _refused(document, provider)
    if kind == METRIC_TEMPLATE.kind:
        return _template_problems(document)
    if kind == ALERT_PROVIDER.kind:
        return alert_provider.read(document)[1]
    return misnamed(document) or flaws(document, shape_of(kind))


def _refused(document: Manifest, provider: str) -> tuple[Problem, ...]:
    try:
        canary_of(document, provider)
    except Refused as refused:
        return refused.problems
    return ()


def _template_problems(document: Manifest) -> tuple[Problem, ...]:
    template, misread = metric_template.read(document)
    told = tuple(one.path for one in misread)
    # Of what can't be read only that is told, and not that it is missing.
    unusable = [one for one in providers.problems(template) if not one.path.startswith(told)]
    if found := (*misread, *unusable):
        return found
    try:
        prove(template.query)
    except Unrendered as unrendered:
        return (
            Problem(
                "spec.query", str(unrendered), "mend the variable; a Canary's own are {{ variables.NAME }}"
            ),
        )
    return ()


def _secret(one: Found, around: Around) -> Iterator[Finding]:
    """A Secret among the documents that lacks what the provider of a MetricTemplate, or an AlertProvider, needs."""
    if one.document["kind"] == ALERT_PROVIDER.kind:
        yield from _address(alert_provider.parse(one.document), around)
    if one.document["kind"] != METRIC_TEMPLATE.kind:
        return
    template = metric_template.parse(one.document)
    for secret in around.legible.get((SECRET.kind, template.namespace, template.secret), ()):
        if lacking := providers.needs_of(template).missing(keys(secret.document)):
            text = f"spec.provider.secretRef: Secret {template.secret} {lacking}, which {template.type} needs"
            yield Finding("problem", secret.origin, f"MetricTemplate {template.full_name}: {text}; add it")


def _address(provider: AlertProvider, around: Around) -> Iterator[Finding]:
    for secret in around.legible.get((SECRET.kind, provider.namespace, provider.secret), ()):
        if "address" not in keys(secret.document):
            text = f"spec.secretRef: Secret {provider.secret} has no key address; add it"
            yield Finding("problem", secret.origin, f"AlertProvider {provider.full_name}: {text}")


def _told(one: Found, problems: Iterable[Problem], lacking: set[Place]) -> Iterator[Finding]:
    """What is wrong with one document alone. It is a problem where a release depends on it; else it may be nobody's, or
    a patch of another document, as overlays have them."""
    kind, namespace, name = place = place_of(one.document)
    read = (
        is_canary(one.document)
        or is_argo(one.document)
        or kind in (METRIC_TEMPLATE.kind, ALERT_PROVIDER.kind)
    )
    matters = read or misnamed(one.document) or place in lacking
    for problem in problems:
        text = f"{kind} {name}.{namespace}: {problem}"
        yield Finding("problem" if matters else "remark", one.origin, text)


def _remarks(one: Found) -> Iterator[Finding]:
    """An autoscaler of a version that is gone, and what a workload lists twice."""
    kind, namespace, name = place_of(one.document)
    if said := warning(one.document):
        yield Finding("remark", one.origin, said)
    if kind in WORKLOADS:
        for problem in duplicates(WORKLOADS[kind].template(one.document)):
            yield Finding("remark", one.origin, f"{kind} {name}.{namespace}: {problem}, as a primary gets it")


def _canary(subject: Subject) -> Iterator[Finding]:
    for look in (_stack, _broken, _again, _rivals, _target, _apex, _source, _autoscaler, _metrics):
        yield from look(subject)
    for text in (*advice(subject.canary), *unread(subject.canary)):
        yield subject.remark(text)
    absent = [f"{one.kind} {one.name}" for one in subject.lacking if not subject.broken(one)]
    if absent:
        named = ", ".join(dict.fromkeys(absent))
        yield subject.remark(f"not among these documents, so not looked at: {named}")


def _stack(subject: Subject) -> Iterator[Finding]:
    """Environments in which the Canary's stack can't be called as it would have to be."""
    canary = subject.canary
    stacks = {name: str(StackName(name, canary.namespace, canary.name)) for name in ENVIRONMENTS}
    long = [name for name, stack in stacks.items() if len(stack) > LONGEST_STACK]
    if long:
        told = f"the stack's name is longer than {LONGEST_STACK} letters in {', '.join(long)}"
        found = subject.problem if len(long) == len(stacks) else subject.remark
        yield found(Problem("metadata.name", told, "shorten it"))


def _broken(subject: Subject) -> Iterator[Finding]:
    for reference in subject.lacking:
        for one in subject.broken(reference):
            named = f"{reference.kind} {reference.name}.{reference.namespace}"
            yield subject.problem(f"{reference.field}: {named} can't work; mend it in {one.origin}")


def _again(subject: Subject) -> Iterator[Finding]:
    """The same Canary in another document: only one of them can be meant."""
    found, before = subject.found, True
    for other in subject.around.legible[place_of(found.document)]:
        if other is found:
            before = False
        elif other.document != found.document:
            yield subject.problem(f"it is in {other.origin}, too, with other fields; keep one of them")
        elif before:
            yield subject.remark(f"it is in {other.origin}, too, alike")


def _rivals(subject: Subject) -> Iterator[Finding]:
    for other in subject.around.claims.rivals(subject.canary):
        yield from map(subject.problem, shared_with(subject.canary, other))


def _target(subject: Subject) -> Iterator[Finding]:
    canary = subject.canary
    for found in subject.near(subject.target):
        row = workload_of(canary)
        ports = port_problems(canary, row.template(found.document))
        for problem in (*row.problems(found.document), *_shared(subject, found.document), *ports):
            yield subject.problem(problem)


def _shared(subject: Subject, target: Manifest) -> Iterator[Problem]:
    canary = subject.canary
    try:
        chosen = selector_of(target)
    except Refused as refused:
        yield from refused.problems
        return
    # Whoever has all labels of a selector has this one.
    workloads = [
        neighbour
        for selected in (chosen.target, chosen.primary)
        for neighbour in subject.around.labelled(canary.namespace, (chosen.label, selected[chosen.label]))
    ]
    yield from sharing_problems(canary, chosen, workloads)


def _apex(subject: Subject) -> Iterator[Finding]:
    for found in subject.near(subject.apex):
        for problem in apex_problems(subject.canary, found.document):
            yield subject.problem(problem, found.origin)


def _source(subject: Subject) -> Iterator[Finding]:
    canary, gateway = subject.canary, gateway_of(subject.canary)
    for found in subject.near(subject.source):
        for problem in gateway.problems(canary, found.document):
            yield subject.problem(problem, found.origin)
        for text in gateway.left_alone(canary, found.document):
            yield subject.remark(text, found.origin)


def _autoscaler(subject: Subject) -> Iterator[Finding]:
    target, scaler = subject.canary.target.name, scaler_of(subject.canary)
    for found in subject.near(subject.autoscaler):
        if scaler and (scaled := scaler.target(found.document)) != target:
            named = f"{scaler.kind.kind} {place_of(found.document)[2]}"
            problem = Problem(
                "spec.autoscalerRef",
                f"{named} scales {scaled}, not the target",
                f"name the one that scales {target}",
            )
            yield subject.problem(problem)
        for text in scaler.left_alone(subject.canary, found.document) if scaler else ():
            yield subject.remark(text)


def _metrics(subject: Subject) -> Iterator[Finding]:
    """Queries that a run could not ask, with the names that it would ask them with."""
    canary = subject.canary
    for check in canary.analysis.checks:
        text = f"metric {check.name} can't be measured"
        if check.template is None and check.query and (wrong := _unrendered(check.query, canary, check)):
            yield subject.problem(f"{text}: {wrong}")
        for found in subject.near(template_of(check)):
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
