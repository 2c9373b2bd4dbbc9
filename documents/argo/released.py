"""Rollouts that are released here: the same values that a Canary becomes, or what of one is not driven."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from automation.core.analysis import Analysis
from automation.core.field_path import FieldPath
from automation.core.kinds import ROLLOUT
from automation.core.refusal import Problem, Refused
from automation.core.rollout import BlueGreen, CanarySteps, Rollout, Routing
from automation.core.runs.metric import Plan
from automation.core.spec import Canary, Ref, Service
from automation.core.steps import Analyse, AnalysisUse, Argument
from automation.core.stepwise import Stepwise
from automation.core.strategies.registry import strategy_of
from automation.core.upkeep import Keeping
from documents.argo import routing
from documents.argo.release import Templates, stepwise_of
from documents.argo.rollout import parse as read
from documents.outline import Outline
from documents.section import Section
from gateways import registry as gateways
from gateways.by_pods import BY_PODS
from gateways.gateway import Gateway
from gateways.in_place import IN_PLACE
from gateways.switch import SWITCH

INTERVAL = 5.0
"""Seconds between two looks at a release, where no pause ends and no metric is due before."""
FOR_EVER = 10**9
"""A deadline that only is reported: what is past it goes on, as Argo has it."""
_COPIED = ("nginx", "apisix")
"""Gateways for which a copy of the user's route carries the weights; with the others the route itself does."""
_LONGEST = 253
_UNDRIVEN_SETTINGS = (
    *("annotationPrefix", "additionalIngressAnnotations", "canaryIngressAnnotations"),
    *(
        "destinationRule",
        "httpRouteSelector",
        "grpcRoute",
        "grpcRoutes",
        "tcpRoute",
        "tcpRoutes",
        "tlsRoutes",
    ),
)
"""What a gateway may be told beside the names of its objects."""
_REFERENCE = re.compile(r"\{\{\s*args\.([^}\s]+)\s*\}\}")
_CANARY = "spec.strategy.canary"
_ROUTING = f"{_CANARY}.trafficRouting"
_HARMLESS = ("maxSurge", "maxUnavailable", "minReadySeconds", "revisionHistoryLimit", "analysis")
"""What is obeyed, or read by nobody where a gateway shares the traffic."""


@dataclass(frozen=True)
class Hashes:
    """The revisions that arguments may ask for."""

    stable: str
    latest: str


def parse(document: Mapping[str, Any], provider: str = "") -> Canary:
    """The release that a Rollout describes, but for its analyses. Raises Refused with every problem of it at once.

    A Rollout says itself which gateway it has.
    """
    rollout = read(document)
    problems = tuple(undriven(rollout))
    if problems:
        raise Refused(problems)
    canary = _canary(rollout, stepwise_of(rollout, None))
    gateway = gateways.gateway_of(canary)
    if problems := (*gateway.unable(canary), *_beyond(canary, gateway)):
        raise Refused(problems)
    return replace(canary, route_name=_route_name(canary, gateway.route_name(canary)))


def _beyond(canary: Canary, gateway: Gateway) -> Iterator[Problem]:
    """Steps that the gateway can't make."""
    fields = {"match": "setHeaderRoute", "mirror": "setMirrorRoute"}
    for need in sorted(strategy_of(canary.analysis).needs(canary.analysis) - gateway.carries):
        told = f"{fields.get(need, need)} is not driven yet with this gateway"
        yield Problem("spec.strategy.canary.steps", told, "leave the step out")


def with_analyses(
    canary: Canary, document: Mapping[str, Any], templates: Templates, hashes: Hashes
) -> Canary:
    """The release with its analyses. Raises Refused for templates that are not there, and for what they can't ask."""
    rollout = _filled(read(document), document, hashes)
    stepwise = stepwise_of(rollout, templates)
    plans = [*stepwise.plans.values(), *([stepwise.background] if stepwise.background else [])]
    if problems := tuple(problem for plan in plans for problem in _unasked(plan)):
        raise Refused(tuple(dict.fromkeys(problems)))
    return replace(canary, analysis=replace(canary.analysis, stepwise=stepwise))


def outline(document: Mapping[str, Any], provider: str = "") -> Outline:
    """What is said of a Rollout at a glance."""
    root = Section(document, "", [], ROLLOUT.kind)
    metadata, strategies = root.section("metadata"), root.section("spec").section("strategy")
    strategy, switched = strategies.section("canary"), strategies.section("blueGreen")
    name, steps = metadata.text("name"), strategy.sections("steps")
    weights = [str(step.fields["setWeight"]) for step in steps if "setWeight" in step.fields]
    return Outline(
        kind=ROLLOUT,
        namespace=metadata.text("namespace") or "default",
        name=name,
        uid=metadata.text("uid"),
        apex=strategy.text("stableService") or switched.text("activeService"),
        target=Ref(ROLLOUT.api_version, ROLLOUT.kind, name) if name else None,
        autoscaler=None,
        source=_outlined(strategy),
        interval=INTERVAL,
        pace="",
        steps=",".join(weights),
        limit="",
    )


def own_fields(document: Mapping[str, Any]) -> list[str]:
    """None: a Rollout here is one of Argo's."""
    return []


def paced(document: Mapping[str, Any], interval: str | None, scrape_interval: str | None) -> dict[str, Any]:
    """The document as it is: its steps say themselves how long they take."""
    return dict(document)


def undriven(rollout: Rollout) -> Iterator[Problem]:
    """What a Rollout asks for and no driver here does, each with what to do instead."""
    strategy = rollout.strategy
    if rollout.workload:
        named = f"{rollout.workload.kind} {rollout.workload.name}.{rollout.namespace}"
        yield Problem("spec.workloadRef", f"{named} is not there, so there are no pods to borrow", "apply it")
    if rollout.scale_down == "progressively":
        yield _not_yet("spec.workloadRef.scaleDown: progressively", "write onsuccess, or never")
    if rollout.progress_deadline_abort:
        yield _not_yet(
            "spec.progressDeadlineAbort", "leave it out, and abort by hand what does not get ready"
        )
    yield from _ignored("spec", rollout.others)
    if isinstance(strategy, BlueGreen):
        yield from _ignored("spec.strategy.blueGreen", strategy.others)
        return
    yield from _ignored(_CANARY, strategy.others)
    if strategy.routing is not None:
        yield from _unrouted(rollout, strategy.routing)


def keeping(rollout: Rollout, document: Mapping[str, Any]) -> Keeping:
    """How long its old pods and ReplicaSets stay. Without a gateway pods that stay would go on having users."""
    strategy = rollout.strategy
    limit = (document.get("spec") or {}).get("revisionHistoryLimit")
    history = limit if isinstance(limit, int) else Keeping.history
    if isinstance(strategy, CanarySteps) and strategy.routing is None:
        return Keeping(0.0, 0.0, history, shared=True)
    aborted = float(strategy.abort_scale_down_delay) or None
    return Keeping(float(strategy.scale_down_delay), aborted, history)


def _ignored(path: str, names: tuple[str, ...]) -> Iterator[Problem]:
    for name in names:
        if name not in _HARMLESS:
            yield _not_yet(f"{path}.{name}", "leave it out")


def _not_yet(path: str, remedy: str) -> Problem:
    return Problem(path, "is not driven yet", remedy)


def _unrouted(rollout: Rollout, routed: Routing) -> Iterator[Problem]:
    if len(routed.sources) > 1:
        several = f"names {len(routed.sources)} of kind {routed.kind}, and one is driven"
        yield Problem(_ROUTING, several, "leave one of them")
    if routed.routes and routed.provider in _COPIED:
        told = "names rules, and all that lead to stableService are split"
        yield Problem(f"{_ROUTING}.apisix.route.rules", told, "leave it out")
    for field in _UNDRIVEN_SETTINGS:
        if routed.settings.get(field):
            yield _not_yet(f"{_ROUTING}: {field}", "leave it out")
    inner = routed.settings.get("virtualService") or {}
    for field in ("tlsRoutes", "tcpRoutes"):
        if isinstance(inner, Mapping) and inner.get(field):
            yield _not_yet(f"{_ROUTING}.istio.virtualService.{field}", "leave it out")
    if routed.settings.get("namespace", rollout.namespace) != rollout.namespace:
        told = f"is {routed.settings['namespace']}, and the Rollout is in {rollout.namespace}"
        yield Problem(f"{_ROUTING}: namespace", told, "let the route be in the Rollout's own namespace")


@dataclass(frozen=True)
class _Led:
    """How users are led: by which gateway, over which source of theirs, and by which Services."""

    provider: str
    stable: str
    canary: str
    source: str = ""
    routes: tuple[str, ...] = ()


def _led(rollout: Rollout) -> _Led:
    strategy = rollout.strategy
    if isinstance(strategy, BlueGreen):
        active = strategy.active_service
        return _Led(SWITCH.provider, active, strategy.preview_service, active)
    services, routed = (strategy.stable_service, strategy.canary_service), strategy.routing
    if routed is None:
        return _Led(BY_PODS.provider, *services)
    return _Led(_provider(routed), *services, routed.sources[0], routed.routes)


def _provider(routed: Routing) -> str:
    """Which of our gateways writes the weights."""
    known = routed.provider
    return known if known in _COPIED else IN_PLACE[known].provider


def _canary(rollout: Rollout, stepwise: Stepwise) -> Canary:
    led = _led(rollout)
    canary = Canary(
        name=rollout.name,
        namespace=rollout.namespace,
        target=Ref(ROLLOUT.api_version, ROLLOUT.kind, rollout.name),
        autoscaler=None,
        route=None,
        provider=led.provider,
        metrics_server=None,
        progress_deadline=FOR_EVER,
        skip_analysis=False,
        suspend=rollout.paused,
        revert_on_deletion=False,
        service=Service(
            apex=led.stable,
            port=0,
            primary=led.stable,
            canary=led.canary,
            routing={"routes": list(led.routes)} if led.routes else {},
        ),
        analysis=Analysis(interval=INTERVAL, strategy="steps", stepwise=stepwise),
        origin=ROLLOUT,
        hands_over=True,
    )
    source = gateways.gateway_of(canary).source
    if source is None:
        return canary
    return replace(canary, route=Ref(source.kind.api_version, source.kind.kind, led.source))


def _route_name(canary: Canary, usual: str) -> str:
    """Argo's name of the Ingress that it makes, so that one of its own is taken over; else that of any release."""
    if canary.provider != "nginx" or canary.route is None:
        return usual
    return f"{canary.name}-{canary.route.name}-canary"[:_LONGEST]


def _outlined(strategy: Section) -> Ref | None:
    """The source of the gateway, as far as it can be read."""
    found = routing.read(strategy)
    if found is None or not found.sources:
        return None
    known = gateways.GATEWAYS.get(found.provider)
    source = (known.source if known and known.source else None) or IN_PLACE[found.provider].source
    return Ref(source.kind.api_version, source.kind.kind, found.sources[0]) if source else None


def _unasked(plan: Plan) -> Iterator[Problem]:
    """Arguments that nobody fills in: their fields are not there."""
    for metric in plan.metrics:
        for name in _REFERENCE.findall(str(metric.settings)):
            if name not in metric.secrets:
                told = f"{{{{args.{name}}}}} has no value: the Rollout has no such field"
                yield Problem(f"metric {metric.name}", told, "mend its fieldPath, or give it a value")


def _filled(rollout: Rollout, document: Mapping[str, Any], hashes: Hashes) -> Rollout:
    """The Rollout, its arguments with the values that they have now."""
    strategy = rollout.strategy

    def filled(use: AnalysisUse) -> AnalysisUse:
        return replace(use, arguments=tuple(_valued(one, document, hashes) for one in use.arguments))

    if isinstance(strategy, BlueGreen):
        before, after = (use and filled(use) for use in (strategy.before, strategy.after))
        return replace(rollout, strategy=replace(strategy, before=before, after=after))
    steps = tuple(
        replace(step, use=filled(step.use)) if isinstance(step, Analyse) else step for step in strategy.steps
    )
    background = strategy.background and replace(strategy.background, use=filled(strategy.background.use))
    return replace(rollout, strategy=replace(strategy, steps=steps, background=background))


def _valued(argument: Argument, document: Mapping[str, Any], hashes: Hashes) -> Argument:
    """The argument with the value that it has in this run. One of a Secret stays as it is."""
    match argument.source:
        case "podTemplateHashValue":
            return Argument(argument.name, hashes.stable if argument.value == "Stable" else hashes.latest)
        case "fieldRef":
            return Argument(argument.name, _text_at(document, argument.value or ""))
    return argument


def _text_at(document: Mapping[str, Any], path: str) -> str | None:
    """The text of a field such as `spec.replicas`; None where there is none."""
    try:
        found = FieldPath.parse(path).of(document)
    except ValueError:
        return None
    return None if found is None or isinstance(found, Mapping | list) else str(found)
