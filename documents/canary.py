"""Canary documents: the whole release, its outline, and the document at another pace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from automation.core.kinds import CANARY, STATEFUL_SET, Kind
from automation.core.names import APEX, KEY, LABEL, LABEL_VALUE, LONGEST_STACK, PORT, SUBDOMAIN
from automation.core.refusal import Problem, Refused
from automation.core.shape import shown
from automation.core.spec import Canary, ObjectMeta, Ref, Service
from automation.core.status import Status
from documents import analysis
from documents.outline import DEFAULT_INTERVAL, Outline
from documents.section import Section
from documents.standing import status_at
from documents.support import refuse_unsupported
from gateways import registry as gateways
from gateways.gateway import Gateway, Source
from workloads import registry as workloads
from workloads.bounded import out_of_order

_ROUTING = (
    "timeout",
    "backendTimeout",
    "gateways",
    "gatewayRefs",
    "hosts",
    "delegation",
    "trafficPolicy",
    "match",
    "rewrite",
    "retries",
    "headers",
    "mirror",
    "corsPolicy",
    "meshName",
)
"""What only gateways read."""
_UNREAD = ("trafficDistribution", "unmanagedMetadata", "backends")
_OURS = ("scope", "minRequests")
"""Optional fields of checks that the model doesn't have: a document with one would lose it in Flagger."""


def parse(document: Mapping[str, Any], provider: str) -> Canary:
    """Read a Canary document; one that names no `provider` has this one. Raises Refused with every problem at once."""
    problems: list[Problem] = []
    canary = _read(Section(document, "", problems), provider)
    if problems:
        raise Refused(tuple(dict.fromkeys(problems)))
    return canary


def outline(document: Mapping[str, Any], provider: str) -> Outline:
    """What is said of a Canary at a glance; one that names no `provider` has this one."""
    root = Section(document, "", [])
    metadata, spec = root.section("metadata"), root.section("spec")
    source = _source(spec, provider)
    judged = spec.section(_analysis_field(spec))
    shown, target = judged.fields, _shown(spec, "targetRef", workloads.DEFAULT)
    return Outline(
        kind=CANARY,
        namespace=metadata.text("namespace") or "default",
        name=metadata.text("name"),
        uid=metadata.text("uid"),
        apex=spec.section("service").text("name") or (target.name if target else ""),
        target=target,
        autoscaler=_shown(spec, "autoscalerRef", workloads.DEFAULT_SCALER),
        source=_shown(spec, source.field, source.kind) if source else None,
        interval=judged.seconds("interval", DEFAULT_INTERVAL) or DEFAULT_INTERVAL,
        pace=shown.get("interval", ""),
        steps=",".join(map(str, judged.wholes("stepWeights", least=1, most=100)))
        or shown.get("stepWeight", ""),
        limit=shown.get("maxWeight", ""),
    )


def status(document: Mapping[str, Any]) -> Status:
    """Where a live Canary stands: its `.status`. Raises Refused where somebody has made nonsense of it."""
    named = document.get("metadata") or {}
    edit = f"kubectl -n {named.get('namespace')} edit canary {named.get('name')} --subresource=status"
    remedy = f"put it right with {edit}; without a status it is initialised anew, and primary serves on"
    return status_at("status", document.get("status") or {}, remedy)


def own_fields(document: Mapping[str, Any]) -> list[str]:
    """Paths of fields that only Sluice knows, or knows what they say."""
    spec = Section(document, "", []).section("spec")
    judged = spec.section(_analysis_field(spec))
    of_checks = [
        f"metrics[{i}].{name}"
        for i, metric in enumerate(judged.sections("metrics"))
        for name in _OURS
        if name in metric.fields
    ]
    of_all = [name for name in analysis.OURS if name in judged.fields]
    kind = spec.section("targetRef").text("kind")
    of_target = ["spec.targetRef.kind"] if kind == STATEFUL_SET.kind else []  # a Deployment to the model
    return of_target + [f"spec.analysis.{name}" for name in (*of_all, *of_checks)]


def _read(root: Section, provider: str) -> Canary:
    root.text("apiVersion", CANARY.api_version, choices=(CANARY.api_version,))
    root.text("kind", CANARY.kind, choices=(CANARY.kind,))
    root.allow("status")
    metadata = root.section("metadata")
    name, namespace = metadata.named("name", required=True), metadata.named("namespace", LABEL) or "default"
    _refuse_long(metadata, f"{namespace}.{name}")
    spec = root.section("spec")
    root.close()
    source = _source(spec, provider)
    target = _ref(spec, "targetRef", workloads.DEFAULT)
    if target is None:
        spec.refuse(
            "targetRef", "is missing", f"name the {' or '.join(workloads.WORKLOADS)} that is released"
        )
    target = target or Ref(workloads.DEFAULT.api_version, workloads.DEFAULT.kind, "")
    spec.allow("upstreamRef", "ingressRef", "routeRef", "analysis", "canaryAnalysis")
    analysis_field = _analysis_field(spec)
    if analysis_field not in spec:
        spec.refuse("analysis", "is missing", "say how the canary is judged and how its traffic moves")
    skipped = spec.flag("skipAnalysis")
    canary = Canary(
        name=name,
        namespace=namespace,
        target=target,
        autoscaler=_ref(spec, "autoscalerRef", workloads.DEFAULT_SCALER),
        route=_ref(spec, source.field, source.kind) if source else None,
        provider=spec.text("provider") or provider,
        metrics_server=spec.address("metricsServer") or None,
        progress_deadline=spec.whole("progressDeadlineSeconds", 600, least=1),
        skip_analysis=skipped,
        suspend=spec.flag("suspend"),
        revert_on_deletion=spec.flag("revertOnDeletion"),
        service=_service(spec.section("service"), target.name),
        analysis=analysis.read(
            spec.section(analysis_field), namespace, skipped=skipped or analysis_field not in spec
        ),
        annotations=metadata.texts_by_name("annotations"),
        primary_bounds=_primary_bounds(spec.section("autoscalerRef")),
        primary_queries=spec.section("autoscalerRef").texts_by_name("primaryScalerQueries"),
    )
    spec.close()
    refuse_unsupported(spec, spec.section(analysis_field), canary)
    gateway = gateways.GATEWAYS.get(canary.provider)
    if gateway is None:
        return canary
    spec.problems.extend(_unable(gateway, canary, analysis_field))
    switches = replace(canary.analysis, switches="weights" in gateway.carries)
    return replace(canary, route_name=gateway.route_name(canary), analysis=switches)


def _refuse_long(metadata: Section, name: str) -> None:
    """The name of a Canary's stack begins with its environment's, of one letter at least, and a dot."""
    if len(name) > LONGEST_STACK - 2:
        told = f"{shown(name)}, with an environment before it, is longer than a stack's name may be"
        metadata.refuse("name", told, f"shorten it: {LONGEST_STACK} letters are the most for all three")


def _unable(gateway: Gateway, canary: Canary, analysis_field: str) -> Iterator[Problem]:
    """What the gateway can't do of what the document asks for, told of the field as the document calls it."""
    for problem in gateway.unable(canary):
        yield replace(problem, path=problem.path.replace("spec.analysis", f"spec.{analysis_field}"))


def _analysis_field(spec: Section) -> str:
    """The field that says how the canary is judged; the model still reads it under its old name."""
    return "analysis" if "analysis" in spec else "canaryAnalysis"


def _source(spec: Section, provider: str) -> Source | None:
    """What the gateway of the document needs a reference to, None where it needs none."""
    named = spec.fields.get("provider")
    known = gateways.GATEWAYS.get(named) if isinstance(named, str) else None
    return (known or gateways.GATEWAYS[provider]).source


def _shown(spec: Section, name: str, default: Kind) -> Ref | None:
    """The reference at a field as far as it can be read."""
    section = spec.section(name)
    named = section.text("name")
    return Ref(default.api_version, section.text("kind") or default.kind, named) if named else None


def _ref(parent: Section, name: str, default: Kind) -> Ref | None:
    """The reference at field `name` of `parent`, None if there is none."""
    section = parent.section(name)
    if name not in parent:
        return None
    section.allow("primaryScalerQueries", "primaryScalerReplicas", "namespace")
    ref = Ref(
        section.text("apiVersion") or default.api_version,
        section.text("kind") or default.kind,
        section.named("name", required=True),
    )
    section.close()
    return ref


def _primary_bounds(autoscaler: Section) -> dict[str, int]:
    section = autoscaler.section("primaryScalerReplicas")
    names = ("minReplicas", "maxReplicas")
    bounds = {name: section.whole(name) for name in names if name in section}
    section.close()
    section.problems.extend(out_of_order(*names, bounds, section.path))
    return bounds


def _service(section: Section, target: str) -> Service:
    section.allow(*_ROUTING, *_UNREAD)
    port = section.whole("port", 0, least=1, most=65535)
    if "port" not in section:
        section.refuse("port", "is missing", "set it to the port of the Services, such as 80")
    service = Service(
        apex=_apex(section, target),
        port=port,
        port_name=section.named("portName", LABEL) or "http",
        target_port=_target_port(section) or port,
        app_protocol=section.text("appProtocol") or None,
        port_discovery=section.flag("portDiscovery"),
        headless=section.flag("headless"),
        apex_meta=_meta(section.section("apex")),
        primary_meta=_meta(section.section("primary")),
        canary_meta=_meta(section.section("canary")),
        routing={name: section.fields[name] for name in _ROUTING if name in section},
    )
    section.close()
    return service


def _apex(section: Section, target: str) -> str:
    """The name of the Service that users ask: the target's, unless the document gives it one."""
    apex = section.named("name", APEX) or target
    if "name" not in section and target and SUBDOMAIN.holds(target) and not APEX.holds(target):
        section.refuse("name", f"is missing, and {target} is not {APEX.noun}", f"set it; {APEX.remedy}")
    return apex


def _meta(section: Section) -> ObjectMeta:
    meta = ObjectMeta(section.texts_by_name("labels"), section.texts_by_name("annotations"))
    for field, texts in (("labels", meta.labels), ("annotations", meta.annotations)):
        for key in texts:
            section.hold(f"{field}.{key}", key, KEY)
    for key, value in meta.labels.items():
        section.hold(f"labels.{key}", value, LABEL_VALUE)
    section.close()
    return meta


def _target_port(section: Section) -> int | str:
    value = section.raw("targetPort")
    if isinstance(value, str) and value:
        return section.named("targetPort", PORT)
    if value is None or (type(value) is int and 0 < value < 65536):
        return value or 0
    section.refuse(
        "targetPort", f"{shown(value)} is no port", "write the number or the name of a container port"
    )
    return 0
