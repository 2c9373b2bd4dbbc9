"""Rollouts that are released here: the same values that a Canary becomes, or what of one is not driven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from automation.core.analysis import Analysis
from automation.core.field_path import FieldPath
from automation.core.keeping import Keeping
from automation.core.kinds import ROLLOUT
from automation.core.refusal import Refused
from automation.core.rollout import BlueGreen, CanarySteps, Rollout, Routing
from automation.core.spec import Canary, FurtherRoute, Ref, Service, Subsets
from automation.core.steps import Analyse, AnalysisUse, Argument
from automation.core.stepwise import Stepwise
from documents.argo import routing
from documents.argo.release import Templates, stepwise_of
from documents.argo.rollout import parse as read
from documents.argo.undriven import beyond, unasked, undriven
from documents.outline import Outline
from documents.section import Section
from gateways import registry as gateways
from gateways.by_pods import BY_PODS
from gateways.in_place import IN_PLACE
from gateways.switch import SWITCH

INTERVAL = 5.0
"""Seconds between two looks at a release, where no pause ends and no metric is due before."""
FOR_EVER = 10**9
"""A deadline that only is reported: what is past it goes on, as Argo has it."""
_LONGEST = 253


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
    if problems := (*gateway.unable(canary), *beyond(canary, gateway)):
        raise Refused(problems)
    return canary


def with_analyses(
    canary: Canary, document: Mapping[str, Any], templates: Templates, hashes: Hashes
) -> Canary:
    """The release with its analyses. Raises Refused for templates that are not there, and for what they can't ask."""
    rollout = _filled(read(document), document, hashes)
    stepwise = stepwise_of(rollout, templates)
    plans = [*stepwise.plans.values(), *([stepwise.background] if stepwise.background else [])]
    if problems := tuple(problem for plan in plans for problem in unasked(plan)):
        raise Refused(tuple(dict.fromkeys(problems)))
    # The steps are as they are written: an argument that changes its value in a run makes no other list of them.
    written = canary.analysis.stepwise.steps if canary.analysis.stepwise else ()
    asking = replace(stepwise, steps=written)
    return replace(canary, analysis=replace(canary.analysis, stepwise=asking))


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


def _led(rollout: Rollout) -> tuple[str, str, tuple[Routing, ...]]:
    """The Services of both sides, and by which gateways users are led, over which sources of theirs."""
    strategy = rollout.strategy
    if isinstance(strategy, BlueGreen):
        active = strategy.active_service
        return active, strategy.preview_service, (Routing(SWITCH.provider, SWITCH.kind.kind, (active,)),)
    routed = strategy.routing
    routings = routed.all if routed else (Routing(BY_PODS.provider, BY_PODS.kind.kind, ()),)
    return strategy.stable_service, strategy.canary_service, routings


def _subsets(routings: Iterable[Routing]) -> Subsets | None:
    named = next((found for one in routings if (found := one.settings.get("destinationRule"))), None)
    return Subsets(named["name"], named["stableSubsetName"], named["canarySubsetName"]) if named else None


def _provider(routed: Routing) -> str:
    """Which of our gateways writes the weights."""
    known = routed.provider
    return IN_PLACE[known].provider if known in IN_PLACE else known


def _ready(rollout: Rollout) -> int:
    return rollout.strategy.ready if isinstance(rollout.strategy, CanarySteps) else 100


def _keeping(rollout: Rollout) -> Keeping:
    """How its pods are kept. Without a gateway old ones that stay would go on having users."""
    strategy = rollout.strategy
    kept = Keeping(
        history=rollout.history,
        tested=strategy.tested,
        stable=strategy.stable,
        apart=strategy.apart,
        window=rollout.window,
        delayed=strategy.delayed,
    )
    if isinstance(strategy, CanarySteps) and strategy.routing is None:
        return replace(kept, after_promotion=0.0, after_abort=0.0, shared=strategy.replacement)
    return replace(
        kept,
        after_promotion=float(strategy.scale_down_delay),
        after_abort=float(strategy.abort_scale_down_delay) or None,
        dynamic=isinstance(strategy, CanarySteps) and strategy.dynamic,
        turns=isinstance(strategy, CanarySteps) and strategy.turns,
    )


def _canary(rollout: Rollout, stepwise: Stepwise) -> Canary:
    stable, tested, routings = _led(rollout)
    canary = Canary(
        name=rollout.name,
        namespace=rollout.namespace,
        target=Ref(ROLLOUT.api_version, ROLLOUT.kind, rollout.name),
        autoscaler=None,
        route=None,
        provider=_provider(routings[0]),
        metrics_server=None,
        progress_deadline=rollout.progress_deadline if rollout.progress_deadline_abort else FOR_EVER,
        skip_analysis=False,
        suspend=rollout.paused,
        revert_on_deletion=False,
        service=Service(
            apex=stable,
            port=0,
            primary=stable,
            canary=tested,
            subsets=_subsets(routings),
            turns=isinstance(rollout.strategy, CanarySteps) and rollout.strategy.turns,
        ),
        analysis=Analysis(
            interval=INTERVAL, strategy="steps", stepwise=stepwise, canary_ready_threshold=_ready(rollout)
        ),
        origin=ROLLOUT,
        hands_over=True,
        keeping=_keeping(rollout),
    )
    return _routed(canary, routings)


def _routed(canary: Canary, routings: Iterable[Routing]) -> Canary:
    """The release with the objects in which its traffic is written, and what their gateways are told of them."""
    first, *others = (route for routing in routings for route in _routes(canary, routing))
    return replace(
        first,
        further=tuple(
            FurtherRoute(one.provider, one.route, one.route_name, one.service.routing, one.service.rules)
            for one in others
        ),
    )


def _routes(canary: Canary, routed: Routing) -> Iterator[Canary]:
    """The release once for each object of one gateway."""
    canary = replace(canary, provider=_provider(routed))
    gateway = gateways.gateway_of(canary)
    told = {name: routed.settings[name] for name in gateway.says if routed.settings.get(name)}
    canary = replace(canary, service=replace(canary.service, routing=told, rules=routed.routes))
    if gateway.source is None:
        yield replace(canary, route_name=gateway.route_name(canary))
        return
    kind = gateway.source.kind
    for source in routed.sources:
        named = replace(canary, route=Ref(kind.api_version, kind.kind, source))
        yield replace(named, route_name=_route_name(named))


def _route_name(canary: Canary) -> str:
    """Argo's name of the Ingress that it makes, so that one of its own is taken over; else that of any release."""
    if canary.provider != "nginx" or canary.route is None:
        return gateways.gateway_of(canary).route_name(canary)
    return f"{canary.name}-{canary.route.name}-canary"[:_LONGEST]


def _outlined(strategy: Section) -> Ref | None:
    """The source of the gateway, as far as it can be read."""
    found = routing.read(strategy)
    if found is None or not found.sources:
        return None
    source = gateways.named(_provider(found)).source
    return Ref(source.kind.api_version, source.kind.kind, found.sources[0]) if source else None


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
