"""What the model knows and this version can't do yet: refused when the document is read, before traffic moves."""

from collections.abc import Iterable
from dataclasses import replace

from automation.core.analysis import Analysis
from automation.core.refusal import Problem
from automation.core.shape import shown
from automation.core.spec import Canary
from automation.core.strategies.registry import STRATEGIES
from documents.section import Section
from gateways.gateway import Source
from gateways.registry import GATEWAYS
from workloads.registry import SCALERS, WORKLOADS

MODEL_PROVIDERS = [
    "apisix",
    "appmesh",
    "appmesh:v1beta1",
    "appmesh:v1beta2",
    "contour",
    "gatewayapi:v1",
    "gatewayapi:v1beta1",
    "gloo",
    "istio",
    "knative",
    "kubernetes",
    "kuma",
    "linkerd",
    "nginx",
    "osm",
    "skipper",
    "smi:v1alpha1",
    "smi:v1alpha2",
    "smi:v1alpha3",
    "traefik",
]
_FIELDS = {"weights": "stepWeight", "affinity": "sessionAffinity", "managed": "chosen"}
"""The field of an analysis that asks for something that a gateway carries, where it is called otherwise."""


def refuse_unsupported(spec: Section, section: Section, canary: Canary) -> None:
    """Refuse what would silently not be done: gateways, strategies and kinds of workload.

    `section` is where the analysis of the `canary` was read from.
    """
    _refuse_gateway(spec, section, canary)
    _refuse_kind(spec.section("targetRef"), WORKLOADS)
    _refuse_kind(spec.section("autoscalerRef"), SCALERS)
    workload = WORKLOADS.get(canary.target.kind)
    if canary.autoscaler and workload is not None and not workload.scalable:
        spec.refuse("autoscalerRef", f"no autoscaler scales a {workload.kind.kind}", "leave it out")


def _refuse_gateway(spec: Section, section: Section, canary: Canary) -> None:
    provider = canary.provider
    known = f"use one of {', '.join(GATEWAYS)}"
    if not isinstance(spec.fields.get("provider"), str | None):
        return
    if provider not in GATEWAYS:
        unknown = "is not supported" if provider in MODEL_PROVIDERS else "is not known"
        named = provider if provider in MODEL_PROVIDERS else shown(provider)
        spec.refuse("provider", f"{named} {unknown}", known)
    else:
        for need in sorted(_needs(section, canary.analysis) - GATEWAYS[provider].carries):
            able = [name for name, gateway in GATEWAYS.items() if need in gateway.carries]
            remedy = f"use one of {', '.join(able)}" if able else "release another way"
            told = "chosen requests beside weights" if need == "managed" else need
            section.refuse(_FIELDS.get(need, need), f"{provider} can't release by {told}", remedy)
        if (source := GATEWAYS[provider].source) is not None:
            _refuse_source(spec, source, canary.provider)


def _needs(section: Section, analysis: Analysis) -> frozenset[str]:
    """A document that skips its analysis may ask for no strategy."""
    strategy = STRATEGIES[analysis.strategy]
    moved = strategy.needs(analysis) if strategy.asked(section.fields) else frozenset()
    return moved | (frozenset({"affinity"}) if analysis.affinity else frozenset())


def _refuse_source(spec: Section, source: Source, provider: str) -> None:
    reference = spec.section(source.field)
    _refuse_kind(reference, (source.kind.kind,))
    named, group = reference.fields.get("apiVersion"), source.kind.group
    if isinstance(named, str) and named and named.partition("/")[0] not in (group, *source.formerly):
        reference.refuse("apiVersion", f"{named} is not supported", f"use {source.kind.api_version}")
    if source.field not in spec:
        spec.tell(source.unnamed if "provider" in spec else _by_default(source.unnamed, provider))


def _by_default(unnamed: Problem, provider: str) -> Problem:
    """What is said of a Canary that may be meant for another gateway, and doesn't say so."""
    return replace(unnamed, remedy=f"{unnamed.remedy}, or set spec.provider: without it {provider} is meant")


def _refuse_kind(reference: Section, kinds: Iterable[str]) -> None:
    kind = reference.fields.get("kind")
    if isinstance(kind, str) and kind not in kinds:
        reference.refuse("kind", f"{kind} is not supported", f"use {' or '.join(kinds)}")
