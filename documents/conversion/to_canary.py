"""A Rollout as a Canary: its steps as weights, its templates as metric templates, its pods as a Deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from automation.core.durations import shown
from automation.core.kinds import CANARY, METRIC_TEMPLATE, SERVICE, Manifest
from automation.core.rollout import BlueGreen, CanarySteps, Rollout
from automation.core.runs.metric import Metric, Plan
from automation.core.steps import (
    Analyse,
    AnalysisUse,
    Pause,
    SetHeaderRoute,
    SetMirrorRoute,
    SetScale,
    SetWeight,
    Step,
)
from documents.argo.release import Templates
from documents.argo.rollout import parse
from documents.argo.template import absent, plan_of
from documents.conversion import bounds
from documents.conversion.converted import Converted, Ledger, pruned
from gateways.argo import TOLD, service_fields
from gateways.registry import ALONE, GATEWAYS
from workloads.registry import DEFAULT

Near = Callable[[str, str], Manifest | None]
"""The document of a kind and name that is there with the Rollout."""
_CANARY = "spec.strategy.canary"
_BLUE_GREEN = "spec.strategy.blueGreen"
_MINUTE = 60.0


def to_canary(document: Manifest, templates: Templates, near: Near) -> Converted:
    """The Canary that does what a Rollout does. Raises Refused where there is none."""
    rollout, ledger = parse(document), Ledger()
    if isinstance(rollout.strategy, BlueGreen):
        analysis, checks = _blue_green(rollout.strategy, templates, ledger)
        routed: dict[str, Any] = {"provider": ALONE}
        apex, path = rollout.strategy.active_service, f"{_BLUE_GREEN}.activeService"
    else:
        analysis, checks = _steps(rollout.strategy, templates, ledger)
        routed = _routed(rollout.strategy, near, ledger)
        apex, path = rollout.strategy.stable_service, f"{_CANARY}.stableService"
    spec = {
        **{name: value for name, value in routed.items() if name != "service"},
        "targetRef": _target(rollout),
        "progressDeadlineSeconds": rollout.progress_deadline,
        "suspend": rollout.paused or None,
        "service": _service(apex, path, near, ledger) | routed.get("service", {}),
        "analysis": analysis | {"metrics": [_check(metric, rollout, ledger) for metric in checks]},
    }
    _told(rollout, ledger)
    named = {"name": rollout.name, "namespace": _namespace(document)}
    canary = {"apiVersion": CANARY.api_version, "kind": CANARY.kind, "metadata": named, "spec": spec}
    made = [_template(metric, rollout, _namespace(document)) for metric in checks]
    return ledger.closed(*_workload(document, rollout), *map(pruned, (*made, canary)))


def _namespace(document: Manifest) -> str | None:
    """The namespace that the document itself names."""
    named: str | None = document["metadata"].get("namespace")
    return named


def _target(rollout: Rollout) -> dict[str, Any]:
    if rollout.workload:
        return {
            "apiVersion": rollout.workload.api_version,
            "kind": rollout.workload.kind,
            "name": rollout.workload.name,
        }
    return {"apiVersion": DEFAULT.api_version, "kind": DEFAULT.kind, "name": rollout.name}


def _workload(document: Manifest, rollout: Rollout) -> Iterator[Manifest]:
    """The workload with the Rollout's own pods, where it doesn't borrow them."""
    if rollout.workload:
        return
    kept = ("replicas", "selector", "template", "minReadySeconds", "revisionHistoryLimit")
    spec = {name: document["spec"][name] for name in kept if name in document["spec"]}
    known = document["metadata"]
    metadata = {name: known[name] for name in ("name", "namespace", "labels") if name in known}
    yield {"apiVersion": DEFAULT.api_version, "kind": DEFAULT.kind, "metadata": metadata, "spec": spec}


def _service(apex: str, path: str, near: Near, ledger: Ledger) -> dict[str, Any]:
    """The Service by which users come, with the port that it has now."""
    spec = (near(SERVICE.kind, apex) or {}).get("spec") or {}
    ports = spec.get("ports") or ()
    if not apex:
        ledger.refuse(
            path, "is missing, so that users' way is not known", "name the Service by which they come"
        )
    elif not ports:
        ledger.refuse(path, f"Service {apex} is not there, so its port is not known", "give its file, too")
    if not ports:
        return {"name": apex}
    if len(ports) > 1:
        ledger.differs(path, f"Service {apex} has {len(ports)} ports; a Canary has one, the first")
    port = ports[0]
    return {
        "name": apex,
        "port": port.get("port"),
        "targetPort": port.get("targetPort"),
        "portName": port.get("name"),
        "appProtocol": port.get("appProtocol"),
    }


def _routed(strategy: CanarySteps, near: Near, ledger: Ledger) -> dict[str, Any]:
    """The fields of a Canary that say who splits its traffic."""
    routing = strategy.routing
    if routing is None:
        problem = "is missing: a Canary's weights are written by a gateway"
        ledger.refuse(f"{_CANARY}.trafficRouting", problem, "name one, such as nginx")
        return {}
    path = f"{_CANARY}.trafficRouting"
    if routing.others:
        names = " and ".join(one.provider for one in routing.all)
        ledger.refuse(path, f"names {names}, and a Canary one gateway", "make a Canary of each")
    if routing.provider not in GATEWAYS:
        ledger.refuse(
            path, f"{routing.provider} has no equal: Canaries don't know it", _other(routing.provider)
        )
        return {}
    source = GATEWAYS[routing.provider].source
    if len(routing.sources) > 1:
        ledger.refuse(
            path, f"names {len(routing.sources)} objects, and a Canary one", "make a Canary of each"
        )
    if chosen := [", ".join(rule) for rules in routing.routes.values() for rule in rules]:
        told = f"names {'; '.join(chosen)}; a Canary splits all rules that lead to {strategy.stable_service}"
        ledger.differs(path, told)
    if "destinationRule" in routing.settings:
        told = "has no equal: a Canary's sides are two Services, and it makes a DestinationRule of each"
        ledger.differs(f"{path}.istio.destinationRule", told)
    if strategy.canary_service not in ("", f"{strategy.stable_service}-canary"):
        told = f"{strategy.canary_service} is not needed: the canary's Service is {strategy.stable_service}-canary"
        ledger.differs(f"{_CANARY}.canaryService", told)
    found: dict[str, Any] = {"provider": routing.provider}
    if source:
        named = {"apiVersion": source.kind.api_version, "kind": source.kind.kind, "name": routing.sources[0]}
        return found | {source.field: named}
    live = near(routing.kind, routing.sources[0])
    if live is None and routing.kind in TOLD:
        problem = f"{routing.kind} {routing.sources[0]} is not there, so its hosts are not known"
        ledger.refuse(path, problem, "give its file, too")
        return found
    told = f"a Canary makes its {routing.kind} {strategy.stable_service}; {routing.sources[0]} has to go when it does"
    ledger.differs(path, told)
    return found | {"service": service_fields(routing.kind, live or {})}


def _other(provider: str) -> str:
    """What to do about a gateway that no Canary names."""
    return f"release it by another gateway, such as {'linkerd' if provider == 'smi' else 'nginx'}"


def _steps(
    strategy: CanarySteps, templates: Templates, ledger: Ledger
) -> tuple[dict[str, Any], Sequence[Metric]]:
    """How the Canary's traffic moves, and by what it is judged."""
    plans = list(_plans(strategy, templates, ledger))
    _tell_steps(strategy, ledger)
    moving = _moving(strategy.steps, ledger)
    return {"interval": _interval(strategy.steps, ledger), **moving, **_limit(plans, ledger)}, _deciding(
        plans, ledger
    )


def _plans(strategy: CanarySteps, templates: Templates, ledger: Ledger) -> Iterator[Plan]:
    for index, step in enumerate(strategy.steps):
        if isinstance(step, Analyse):
            told = "is part of every check of a Canary, from the first step to the last"
            ledger.differs(f"{strategy.path(index)}.analysis", told)
    if strategy.background and strategy.background.starting_step:
        told = f"{strategy.background.starting_step} has no equal: a Canary is checked from its first step on"
        ledger.differs(f"{_CANARY}.analysis.startingStep", told)
    background = (strategy.background.use,) if strategy.background else ()
    inline = (step.use for step in strategy.steps if isinstance(step, Analyse))
    for use in (*inline, *background):
        yield _plan(use, templates, ledger)


def _plan(use: AnalysisUse, templates: Templates, ledger: Ledger) -> Plan:
    for template in absent(use, templates):
        problem = f"{template.kind} {template.name} is not there, so its metrics are not known"
        ledger.refuse(f"{use.path}.templates", problem, "give its file, too")
    return plan_of(use, templates)


def _deciding(plans: Sequence[Plan], ledger: Ledger) -> Sequence[Metric]:
    """The metrics that decide, each once."""
    found: dict[str, Metric] = {}
    for plan in plans:
        for metric in plan.metrics:
            if metric.name in plan.dry_run:
                ledger.differs(
                    f"metric {metric.name}", "is measured without deciding anything, and is left out"
                )
            else:
                found[metric.name] = metric
    return tuple(found.values())


def _limit(plans: Sequence[Plan], ledger: Ledger) -> dict[str, Any]:
    """How many checks may fail: all metrics of a Canary count together."""
    limits = {metric.failure_limit for plan in plans for metric in plan.metrics if metric.failure_limit >= 0}
    if len(limits) > 1:
        told = f"{', '.join(map(str, sorted(limits)))} become one for all metrics, the smallest"
        ledger.differs("failureLimit", told)
    return {"threshold": min(limits, default=0) + 1}


def _tell_steps(strategy: CanarySteps, ledger: Ledger) -> None:
    """Steps that a Canary has no word for."""
    for index, step in enumerate(strategy.steps):
        path = strategy.path(index)
        match step:
            case Pause(None):
                told = "waits for somebody, and a Canary goes on; `gates.traffic` may ask for approvals at each weight"
                ledger.differs(f"{path}.pause", told)
            case SetScale():
                ledger.differs(f"{path}.setCanaryScale", "has no equal: a canary has as many pods as primary")
            case SetMirrorRoute(match=rules) if any(map(json.loads, rules)):
                ledger.differs(f"{path}.setMirrorRoute.match", "has no equal: a Canary mirrors all requests")


def _interval(steps: Sequence[Step], ledger: Ledger) -> str:
    """The pace: how long a step takes, the longest where they differ."""
    pauses = [step.seconds for step in steps if isinstance(step, Pause) and step.seconds]
    if len(set(pauses)) > 1:
        told = f"pauses of {', '.join(_text(one) for one in sorted(set(pauses)))} become one interval, the longest"
        ledger.differs(f"{_CANARY}.steps", told)
    at = f"{_CANARY}.steps"
    if any(isinstance(one, SetWeight) and isinstance(two, SetWeight) for one, two in pairwise(steps)):
        ledger.differs(at, "has weights without a pause between them; a Canary takes an interval for each")
    return _text(max(pauses, default=_MINUTE))


def _text(seconds: float) -> str:
    """A duration as people write it: "2m" and not "2m0s"."""
    return re.sub(r"(?<=[hm])0[ms]", "", shown(round(seconds * 1000)))


def _moving(steps: Sequence[Step], ledger: Ledger) -> dict[str, Any]:
    weights = [step.weight for step in steps if isinstance(step, SetWeight) and step.weight]
    rules = [step.match for step in steps if isinstance(step, SetHeaderRoute) and step.match]
    mirrored = [step.percentage for step in steps if isinstance(step, SetMirrorRoute) and step.percentage]
    mirror = {"mirror": True, "mirrorWeight": max(mirrored)} if mirrored else {}
    if (rules or mirrored) and not weights:
        pauses = max(1, sum(isinstance(step, Pause) for step in steps))
        return {"iterations": pauses} | ({"match": _match(rules)} if rules else mirror)
    at = f"{_CANARY}.steps"
    if rules:
        ledger.differs(at, "chooses requests by headers and shares them by weight; a Canary does one of both")
    rising = [weight for index, weight in enumerate(weights) if weight > max(weights[:index], default=0)]
    if rising != weights:
        ledger.differs(
            f"{_CANARY}.steps", f"has weights that fall; a Canary's rise: {', '.join(map(str, rising))}"
        )
    if not rising:
        ledger.refuse(at, "has no weight above 0", "begin with a step such as setWeight: 20")
        return {}
    return _rising(rising) | mirror


def _rising(weights: Sequence[int]) -> dict[str, Any]:
    """Even steps as one number with a limit, others as a list."""
    first, last = weights[0], weights[-1]
    if list(weights) == list(range(first, last + 1, first)):
        return {"stepWeight": first, "maxWeight": last}
    return {"stepWeights": list(weights)}


def _match(rules: Sequence[tuple[str, ...]]) -> list[Any]:
    return [json.loads(rule) for one in rules for rule in one]


def _blue_green(
    strategy: BlueGreen, templates: Templates, ledger: Ledger
) -> tuple[dict[str, Any], Sequence[Metric]]:
    if not strategy.auto_promotion:
        told = "waits for somebody, and a Canary goes on: give it `gates.promotion` with approvals: 1"
        ledger.differs(f"{_BLUE_GREEN}.autoPromotionEnabled", told)
    if strategy.after:
        told = "has no equal: with Services alone a Canary is judged before it is promoted"
        ledger.differs(f"{_BLUE_GREEN}.postPromotionAnalysis", told)
    if strategy.preview_replicas is not None:
        told = "has no equal: a canary has as many pods as primary"
        ledger.differs(f"{_BLUE_GREEN}.previewReplicaCount", told)
    if strategy.preview_service and strategy.preview_service != f"{strategy.active_service}-canary":
        told = f"{strategy.preview_service} is not needed: the canary's Service is {strategy.active_service}-canary"
        ledger.differs(f"{_BLUE_GREEN}.previewService", told)
    plans = [_plan(strategy.before, templates, ledger)] if strategy.before else []
    counts = [metric.measurements or 1 for plan in plans for metric in plan.metrics]
    paces = [metric.interval for plan in plans for metric in plan.metrics if metric.interval]
    interval = max([*paces, strategy.auto_promotion_seconds / max([*counts, 1])]) or 10.0
    moving = {"interval": _text(interval), "iterations": max([*counts, 1]), **_limit(plans, ledger)}
    return moving, _deciding(plans, ledger)


def _check(metric: Metric, rollout: Rollout, ledger: Ledger) -> dict[str, Any]:
    """A metric as a check: its bounds, and the template that asks for it."""
    path = f"metric {metric.name}"
    if metric.provider != "prometheus":
        ledger.refuse(
            path,
            f"asks {metric.provider or 'nobody'}, and only queries of Prometheus are converted",
            "write a MetricTemplate for it",
        )
    if "{{args." in str(metric.settings.get("query")):
        ledger.refuse(path, "has an argument that only a run of Argo knows", "give it a value in args")
    found = bounds.of_metric(metric)
    if found is None or (found.minimum is None and found.maximum is None):
        said = [condition.text for condition in (metric.success, metric.failure) if condition]
        told = f"{' and '.join(said) or 'no condition'} can't be told by a least and a greatest value"
        ledger.refuse(path, told, "compare result[0] with numbers, joined by &&")
        return {}
    _tell_metric(path, metric, found, ledger)
    return {
        "name": metric.name,
        "templateRef": {"name": _template_name(metric, rollout)},
        "thresholdRange": {"min": found.minimum, "max": found.maximum},
    }


def _tell_metric(path: str, metric: Metric, found: bounds.Bounds, ledger: Ledger) -> None:
    if not found.exact:
        ledger.differs(path, "does not pass at its bound; a Canary's bounds pass")
    if metric.success and metric.failure:
        ledger.differs(path, "has values that are inconclusive; a Canary takes them for failed")
    if metric.interval:
        ledger.differs(
            path, f"is measured every {_text(metric.interval)}; a Canary checks once in its own interval"
        )
    odd = {
        "count": metric.count,
        "initialDelay": metric.initial_delay,
        "inconclusiveLimit": metric.inconclusive_limit,
        "consecutiveSuccessLimit": metric.consecutive_success_limit,
        "consecutiveErrorLimit": metric.consecutive_error_limit - 4,
    }
    for name in (name for name, value in odd.items() if value):
        ledger.differs(path, f"{name} has no equal: a Canary is checked at every step")


def _template_name(metric: Metric, rollout: Rollout) -> str:
    plain = re.sub(r"[^a-z0-9-]+", "-", metric.name.lower()).strip("-")
    return f"{rollout.name}-{plain}"


def _template(metric: Metric, rollout: Rollout, namespace: str | None) -> Manifest:
    settings = metric.settings
    provider = {
        "type": "prometheus",
        "address": settings.get("address"),
        "insecureSkipVerify": settings.get("insecure") or None,
        "headers": {one["key"]: [one.get("value", "")] for one in settings.get("headers") or ()},
    }
    return {
        "apiVersion": METRIC_TEMPLATE.api_version,
        "kind": METRIC_TEMPLATE.kind,
        "metadata": {"name": _template_name(metric, rollout), "namespace": namespace},
        "spec": {"provider": provider, "query": str(settings.get("query") or "").strip()},
    }


def _told(rollout: Rollout, ledger: Ledger) -> None:
    """Fields that say how pods and objects are kept."""
    strategy = rollout.strategy
    at = _CANARY if isinstance(strategy, CanarySteps) else _BLUE_GREEN
    kept = () if rollout.workload else ("minReadySeconds", "revisionHistoryLimit")
    for name in rollout.others:
        if name not in kept:
            ledger.differs(f"spec.{name}", "has no equal")
    for name in strategy.others:
        ledger.differs(f"{at}.{name}", "has no equal")
    if isinstance(strategy, CanarySteps) and strategy.turns:
        told = f"has no equal: {strategy.stable_service} leads to primary for good"
        ledger.differs(f"{at}.pingPong", told)
    delays = {
        "scaleDownDelaySeconds": strategy.scale_down_delay,
        "abortScaleDownDelaySeconds": strategy.abort_scale_down_delay,
    }
    for name, delay in delays.items():
        if delay != 30:
            ledger.differs(
                f"{at}.{name}", "has no equal: a canary's pods go as soon as nobody is led to them"
            )
    if not rollout.progress_deadline_abort:
        told = "is false; a Canary that is past its deadline is always rolled back"
        ledger.differs("spec.progressDeadlineAbort", told)
