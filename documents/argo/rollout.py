"""Rollout documents: what is released, and by which steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automation.core.keeping import Apart, PodMetadata, Replacement
from automation.core.kinds import ROLLOUT
from automation.core.moments import unix_seconds
from automation.core.names import LABEL
from automation.core.refusal import Problem, Refused
from automation.core.rollout import Background, BlueGreen, CanarySteps, Rollout, Routing
from automation.core.shape import noun
from automation.core.spec import Ref
from automation.core.steps import Step
from documents.argo import analysis, routing, steps
from documents.section import Section
from workloads.registry import LENDERS

_LIMITS = ("maxSurge", "maxUnavailable")
_METADATA = ("canaryMetadata", "stableMetadata", "activeMetadata", "previewMetadata")
_PODS = (
    *(
        *_LIMITS,
        "antiAffinity",
        "minPodsPerReplicaSet",
        "replicaProgressThreshold",
        "scaleDownDelayRevisionLimit",
    ),
    "dynamicStableScale",
)
_KEPT = ("minReadySeconds", "revisionHistoryLimit", "rollbackWindow", "restartAt", "analysis")
"""Fields of a Rollout that say how its pods and objects are kept, rather than how it is released."""


def parse(document: Mapping[str, Any]) -> Rollout:
    """Read a Rollout. Raises Refused with every problem of it at once."""
    problems: list[Problem] = []
    rollout = _read(Section(document, "", problems, ROLLOUT.kind))
    if problems:
        raise Refused(tuple(dict.fromkeys(problems)))
    return rollout


def _read(root: Section) -> Rollout:
    root.text("apiVersion", required=True, choices=(ROLLOUT.api_version,))
    root.text("kind", required=True, choices=(ROLLOUT.kind,))
    metadata, spec = root.section("metadata"), root.section("spec")
    root.allow("status")
    root.close()
    workload, scale_down = _workload(spec)
    rollout = Rollout(
        name=metadata.named("name", required=True),
        namespace=metadata.named("namespace", LABEL) or "default",
        strategy=_strategy(spec.section("strategy")),
        replicas=spec.whole("replicas", 1),
        workload=workload,
        scale_down=scale_down,
        template=_object(spec, "template"),
        selector=_object(spec, "selector"),
        paused=spec.flag("paused"),
        progress_deadline=spec.whole("progressDeadlineSeconds", 600),
        progress_deadline_abort=spec.flag("progressDeadlineAbort"),
        history=spec.whole("revisionHistoryLimit", 10),
        window=_window(spec.section("rollbackWindow")),
        restart_at=_restart_at(spec),
        others=_asked(spec, _KEPT),
    )
    ready = spec.whole("minReadySeconds")
    if rollout.progress_deadline <= ready:
        spec.refuse(
            "progressDeadlineSeconds", f"is not more than minReadySeconds ({ready})", "give it more time"
        )
    spec.close()
    _refuse_pods(spec, rollout)
    return rollout


def _asked(section: Section, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some fields that are given."""
    section.allow(*names)
    return tuple(name for name in names if section.fields.get(name) not in (None, {}, []))


def _object(section: Section, name: str) -> Mapping[str, Any]:
    value = section.raw(name)
    if value is None or isinstance(value, Mapping):
        return value or {}
    section.refuse(name, f"is {noun(value)}, not an object", "write it as fields and values")
    return {}


def _workload(spec: Section) -> tuple[Ref | None, str]:
    section = spec.section("workloadRef")
    if "workloadRef" not in spec:
        return None, "never"
    version = section.text("apiVersion", required=True)
    kind = section.text("kind", required=True)
    named = section.text("name", required=True)
    scale_down = section.text("scaleDown", choices=("", "never", "onsuccess", "progressively")) or "never"
    section.close()
    known = {row.kind.kind: row.kind.api_version for row in LENDERS.values()}
    if kind and known.get(kind) != version:
        remedy = f"name a {' or '.join(f'{one} of {of}' for one, of in known.items())}"
        section.refuse("kind", f"{kind} of {version or '?'} is not supported", remedy)
    return Ref(version, kind, named), scale_down


def _refuse_pods(spec: Section, rollout: Rollout) -> None:
    """A Rollout has pods of its own, or borrows a workload's."""
    if rollout.workload:
        if rollout.template:
            spec.refuse("template", "is there beside workloadRef", "keep one of them")
        return
    labels = spec.section("selector").texts_by_name("matchLabels")
    if "selector" not in spec:
        spec.refuse("selector", "is missing", "set matchLabels to labels of the template")
    elif not labels and not rollout.selector.get("matchExpressions"):
        spec.refuse(
            "selector", "is empty, so it would select every pod", "set matchLabels to labels of the template"
        )
    template = spec.section("template")
    if "template" not in spec:
        spec.refuse(
            "template", "is missing", "give it the pods, or workloadRef to a Deployment that has them"
        )
        return
    own = template.section("metadata").texts_by_name("labels")
    if missing := [f"{name}: {value}" for name, value in labels.items() if own.get(name) != value]:
        told = f"has not all labels of spec.selector ({', '.join(missing)} is missing)"
        template.refuse("metadata.labels", told, "add them")
    if not template.section("spec").sections("containers"):
        template.refuse("spec.containers", "is missing", "name at least one container")


def _strategy(section: Section) -> CanarySteps | BlueGreen:
    named = [name for name in ("canary", "blueGreen") if name in section.fields]
    section.allow("canary", "blueGreen")
    section.close()
    if len(named) > 1:
        section.refuse("blueGreen", "is there beside canary", "keep one of them")
    elif not named:
        section.refuse("canary", "and blueGreen are missing", "say how the Rollout is released")
    if named == ["blueGreen"]:
        return _blue_green(section.section("blueGreen"))
    return _canary(section.section("canary"))


def _canary(section: Section) -> CanarySteps:
    routed, (ping, pong) = routing.read(section), _ping_pong(section)
    written = steps.read(section, routed.total if routed else 100)
    found = CanarySteps(
        steps=tuple(step for one in written for step in one),
        places=tuple(place for place, one in enumerate(written) for _ in one),
        canary_service=section.text("canaryService") or pong,
        stable_service=section.text("stableService") or ping,
        turns=bool(ping),
        routing=routed,
        background=_background(section, written),
        scale_down_delay=section.whole("scaleDownDelaySeconds", 30),
        abort_scale_down_delay=section.whole("abortScaleDownDelaySeconds", 30),
        dynamic=section.flag("dynamicStableScale"),
        replacement=Replacement(*(_limit(section, name) for name in _LIMITS)),
        least_pods=section.whole("minPodsPerReplicaSet", 1),
        tested=_pod_metadata(section, "canaryMetadata"),
        stable=_pod_metadata(section, "stableMetadata"),
        apart=_apart(section),
        delayed=_delayed(section),
        ready=_ready(section.section("replicaProgressThreshold")),
        others=_asked(section, (*_PODS, *_METADATA[:2])),
    )
    section.close()
    _refuse_services(section, found)
    _refuse_delays(section, found)
    _refuse_routes(section, routed)
    return found


def _ping_pong(section: Section) -> tuple[str, str]:
    """Two Services that take turns."""
    inner = section.section("pingPong")
    if "pingPong" not in section:
        return "", ""
    found = inner.text("pingService", required=True), inner.text("pongService", required=True)
    inner.close()
    if found[0] and found[0] == found[1]:
        inner.refuse("pongService", "is the pingService, too", "name two different Services")
    if section.fields.get("canaryService") or section.fields.get("stableService"):
        section.refuse("pingPong", "is there beside canaryService and stableService", "keep one of the pairs")
    _refuse_turns(section)
    return found


def _refuse_turns(section: Section) -> None:
    """Argo's own rule, and a Service that is none of the two where an Ingress leads to one."""
    routing = section.section("trafficRouting")
    named = [name for name in ("alb", "istio") if name in routing]
    if not named:
        section.refuse("pingPong", "works with alb and istio alone", "use canaryService and stableService")
    if "alb" in named and not routing.section("alb").fields.get("rootService"):
        routing.section("alb").refuse(
            "rootService",
            "is missing",
            "name the Service that the Ingress leads to: with pingPong it is neither",
        )


def _window(section: Section) -> int:
    revisions = section.whole("revisions")
    section.close()
    return revisions


def _restart_at(spec: Section) -> float | None:
    text = spec.text("restartAt")
    try:
        return unix_seconds(text) if text else None
    except ValueError:
        spec.refuse("restartAt", f"{text!r} is not a time", "write one such as 2026-01-31T12:00:00Z")
        return None


def _apart(section: Section) -> Apart | None:
    """Where new pods keep off the nodes of stable ones."""
    ways = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
    inner = section.section("antiAffinity")
    required, preferred = (way in inner.fields for way in ways)
    inner.allow(ways[0])
    weight = inner.section(ways[1])
    found = Apart(weight.whole("weight", 1, least=1, most=100) if preferred else None)
    weight.close()
    inner.close()
    if required and preferred:
        inner.refuse(ways[1], "is there beside the other way", "keep one of them")
    return found if required or preferred else None


def _delayed(section: Section) -> int | None:
    name = "scaleDownDelayRevisionLimit"
    found = section.whole(name)
    return found if name in section else None


def _ready(section: Section) -> int:
    """The percentage of its pods that a step waits for."""
    kind, value = section.text("type", choices=("", "Percent", "Pods")), section.whole("value", 100)
    section.close()
    if kind == "Pods":
        section.refuse("type", "Pods is not supported", "write Percent, and a percentage as value")
    elif value > 100:
        section.refuse("value", f"{value} is out of bounds", "use a whole number from 0 to 100")
        return 100
    return value


def _limit(section: Section, name: str, default: int | str = "25%") -> int | str:
    """A number of pods, or a percentage such as "25%"."""
    value = section.raw(name)
    if value is None:
        return default
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdecimal():
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    section.refuse(
        name, f"{value!r} is no number of pods", 'write one, such as 1, or a percentage, such as "25%"'
    )
    return "25%"


def _pod_metadata(section: Section, name: str) -> PodMetadata:
    inner = section.section(name)
    found = PodMetadata(inner.texts_by_name("labels"), inner.texts_by_name("annotations"))
    inner.close()
    return found


def _background(section: Section, written: Sequence[tuple[Step, ...]]) -> Background | None:
    """It begins with a step as it is written, which may do several things."""
    if "analysis" not in section:
        section.allow("analysis")
        return None
    inner = section.section("analysis")
    use, start = analysis.read(inner), inner.whole("startingStep")
    if written and start >= len(written):
        told = f"is {start} and the last of the {len(written)} steps is {len(written) - 1}, so the analysis never runs"
        inner.refuse("startingStep", told, "count the steps from 0")
    return Background(use, sum(len(one) for one in written[:start]))


def _refuse_services(section: Section, canary: CanarySteps) -> None:
    if canary.canary_service and canary.canary_service == canary.stable_service:
        section.refuse("stableService", "is the canaryService, too", "name two different Services")
    subsets = canary.routing is not None and "destinationRule" in canary.routing.settings
    if "trafficRouting" not in section or subsets or section.fields.get("pingPong"):
        return
    for field in ("canaryService", "stableService"):
        if not section.fields.get(field):
            section.refuse(
                field, "is missing", "name the Service, so that traffic can be split between the two"
            )


def _refuse_delays(section: Section, canary: CanarySteps) -> None:
    routed, delayed = "trafficRouting" in section, "scaleDownDelaySeconds" in section
    dynamic = bool(section.fields.get("dynamicStableScale"))
    if delayed and not routed:
        section.refuse("scaleDownDelaySeconds", "is read only with trafficRouting", "leave it out")
    if dynamic and not routed:
        section.refuse("dynamicStableScale", "is read only with trafficRouting", "leave it out")
    if dynamic and delayed:
        section.refuse("dynamicStableScale", "is there beside scaleDownDelaySeconds", "keep one of them")
    if all(section.fields.get(name) in (0, "0", "0%") for name in _LIMITS):
        section.refuse(
            "maxSurge", "is 0, and so is maxUnavailable: no pod could be replaced", "raise one of them"
        )


def _refuse_routes(section: Section, routed: Routing | None) -> None:
    """Steps that the gateway can't make, and routes of steps that are not managed."""
    managed = routed.managed if routed else ()
    for one in section.sections("steps"):
        if "setCanaryScale" in one and "trafficRouting" not in section:
            one.refuse("setCanaryScale", "is read only with trafficRouting", "leave the step out")
        for field, what in (("setHeaderRoute", "headers"), ("setMirrorRoute", "mirrors")):
            name = one.section(field).fields.get("name")
            if field not in one or ("trafficRouting" in section and routed is None):
                continue
            if not routing.can_route(routed, what):
                with_ = f"trafficRouting by {routing.able(what)}"
                one.refuse(field, "can't be made here", f"use {with_}, or leave the step out")
            elif name and name not in managed:
                told = f"{name!r} is not among trafficRouting.managedRoutes"
                one.refuse(f"{field}.name", told, f"add it there; known are: {', '.join(managed) or 'none'}")


def _blue_green(section: Section) -> BlueGreen:
    enabled = section.fields.get("autoPromotionEnabled")
    found = BlueGreen(
        active_service=section.text("activeService", required=True),
        preview_service=section.text("previewService"),
        preview_replicas=section.whole("previewReplicaCount") if "previewReplicaCount" in section else None,
        auto_promotion=section.flag("autoPromotionEnabled") if enabled is not None else True,
        auto_promotion_seconds=section.whole("autoPromotionSeconds"),
        before=_analysis(section, "prePromotionAnalysis"),
        after=_analysis(section, "postPromotionAnalysis"),
        scale_down_delay=section.whole("scaleDownDelaySeconds", 30),
        abort_scale_down_delay=section.whole("abortScaleDownDelaySeconds", 30),
        tested=_pod_metadata(section, "previewMetadata"),
        stable=_pod_metadata(section, "activeMetadata"),
        apart=_apart(section),
        delayed=_delayed(section),
        unavailable=_limit(section, "maxUnavailable", 0),
        others=_asked(
            section, ("maxUnavailable", "antiAffinity", *_METADATA[2:], "scaleDownDelayRevisionLimit")
        ),
    )
    section.allow("previewReplicaCount", "autoPromotionEnabled")
    section.close()
    if found.active_service and found.active_service == found.preview_service:
        section.refuse("previewService", "is the activeService, too", "name two different Services")
    if found.auto_promotion_seconds and not found.auto_promotion:
        section.refuse(
            "autoPromotionSeconds",
            "is not read while autoPromotionEnabled is false",
            "keep one of them",
        )
    return found


def _analysis(section: Section, name: str) -> Any:
    if name not in section:
        section.allow(name)
        return None
    return analysis.read(section.section(name))
