"""What the model knows and this version can't do yet: refused when the document is read, before traffic moves."""

from collections.abc import Iterable

from automation.core.shape import shown
from automation.core.strategies.registry import STRATEGIES
from documents.section import Section
from gateways.gateway import Source
from gateways.registry import DEFAULT, GATEWAYS
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
_GATES = ("confirm-rollout", "confirm-traffic-increase", "confirm-promotion", "rollback")
_STRATEGIES = {
    "iterations": "Blue/Green and A/B releases by iterations are not supported",
    "match": "A/B releases by match rules are not supported",
    "mirror": "mirroring is not supported",
    "sessionAffinity": "session affinity is not supported",
}


def refuse_unsupported(spec: Section, analysis: Section, strategy: str) -> None:
    """Refuse what would silently not be done: gateways, strategies, gates and kinds of workload."""
    _refuse_gateway(spec, strategy)
    _refuse_kind(spec.section("targetRef"), WORKLOADS)
    _refuse_kind(spec.section("autoscalerRef"), SCALERS)
    for name, sentence in _STRATEGIES.items():
        if analysis.fields.get(name):
            analysis.refuse(name, sentence, f"remove {name} and release by stepWeight")
    for hook in analysis.sections("webhooks"):
        kind = hook.fields.get("type")
        if kind in _GATES:
            hook.refuse("type", f"{kind} hooks are not supported", "remove the hook; nothing would ask it")


def _refuse_gateway(spec: Section, strategy: str) -> None:
    provider = spec.fields.get("provider") or DEFAULT
    known = f"use one of {', '.join(GATEWAYS)}"
    if not isinstance(provider, str) or provider not in GATEWAYS:
        unknown = "is not supported" if provider in MODEL_PROVIDERS else "is not known"
        named = provider if provider in MODEL_PROVIDERS else shown(provider)
        spec.refuse("provider", f"{named} {unknown}", known)
    else:
        if beyond := STRATEGIES[strategy].needs - GATEWAYS[provider].carries:
            spec.refuse("provider", f"{provider} can't release by {', '.join(sorted(beyond))}", known)
        if (source := GATEWAYS[provider].source) is not None:
            _refuse_source(spec, source)


def _refuse_source(spec: Section, source: Source) -> None:
    reference = spec.section(source.field)
    _refuse_kind(reference, (source.kind.kind,))
    named, group = reference.fields.get("apiVersion"), source.kind.api_version.partition("/")[0]
    if isinstance(named, str) and named and named.partition("/")[0] != group:
        reference.refuse("apiVersion", f"{named} is not supported", f"use {source.kind.api_version}")
    if source.field not in spec:
        spec.tell(source.unnamed)


def _refuse_kind(reference: Section, kinds: Iterable[str]) -> None:
    kind = reference.fields.get("kind")
    if isinstance(kind, str) and kind not in kinds:
        reference.refuse("kind", f"{kind} is not supported", f"use {' or '.join(kinds)}")
