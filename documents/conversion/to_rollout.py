"""A Canary as a Rollout: its weights as steps with pauses, its checks as an AnalysisTemplate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from automation.core.analysis import Analysis, MetricCheck
from automation.core.durations import shown
from automation.core.kinds import ANALYSIS_TEMPLATE, ROLLOUT, SERVICE, Manifest
from automation.core.progress import Progress
from automation.core.spec import Canary
from automation.core.strategies.registry import strategy_of
from automation.core.strategies.weighted import Weighted
from documents.conversion import bounds
from documents.conversion.converted import Converted, Ledger, pruned
from documents.conversion.to_canary import Near
from documents.metric_template import MetricTemplate
from gateways.argo import routing_of
from gateways.registry import ALONE, gateway_of
from workloads.registry import LENDERS

Written = Callable[[Canary, MetricCheck, str], str]
"""A query of a check, its variables filled."""
Templates = Callable[[str, str], MetricTemplate | None]
"""The MetricTemplate of a namespace and name that is there with the Canary."""


def to_rollout(canary: Canary, near: Near, templates: Templates, written: Written) -> Converted:
    """The Rollout that does what a Canary does. `near` finds documents of the Canary's namespace. Raises Refused where
    there is none."""
    ledger = Ledger()
    checks = [_metric(canary, check, templates, written, ledger) for check in canary.analysis.checks]
    strategy = _strategy(canary, bool(checks), ledger)
    target = near(canary.target.kind, canary.target.name)
    labels = _labels(target)
    if canary.target.kind not in LENDERS:
        told = f"a Rollout has no pods of a {canary.target.kind}"
        ledger.refuse("spec.targetRef.kind", told, f"release a {' or '.join(LENDERS)}")
    elif not labels:
        problem = (
            f"{canary.target.kind} {canary.target.name} is not there, so its labels and pods are not known"
        )
        ledger.refuse("spec.targetRef", problem, "give its file, too")
    spec = {
        "replicas": (target or {}).get("spec", {}).get("replicas", 1),
        "workloadRef": {
            "apiVersion": canary.target.api_version,
            "kind": canary.target.kind,
            "name": canary.target.name,
            "scaleDown": "onsuccess",
        },
        "progressDeadlineSeconds": canary.progress_deadline,
        "progressDeadlineAbort": True,
        "paused": canary.suspend or None,
        "strategy": strategy,
    }
    _told(canary, ledger)
    rollout = {
        "apiVersion": ROLLOUT.api_version,
        "kind": ROLLOUT.kind,
        "metadata": _named(canary),
        "spec": spec,
    }
    services = [_service(canary, name, labels) for name in _services(canary) if not near(SERVICE.kind, name)]
    analysis = [_template(canary, checks)] if checks else []
    return ledger.closed(*services, *map(pruned, analysis), _with_pauses(rollout))


def _named(canary: Canary, name: str = "") -> dict[str, Any]:
    return {"name": name or canary.name, "namespace": canary.namespace}


def _with_pauses(rollout: Manifest) -> Manifest:
    """Steps are kept as they are: an empty pause means something."""
    spec = {name: value for name, value in rollout["spec"].items() if value is not None}
    return {**rollout, "spec": spec}


def _labels(target: Manifest | None) -> Mapping[str, str]:
    selector = (target or {}).get("spec", {}).get("selector")
    labels = selector.get("matchLabels") if isinstance(selector, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}


def _services(canary: Canary) -> tuple[str, str]:
    return canary.apex, canary.canary_service


def _service(canary: Canary, name: str, labels: Mapping[str, str]) -> Manifest:
    """A Canary has its Services made; a Rollout needs them to be there."""
    port = {
        "name": canary.service.port_name,
        "port": canary.service.port,
        "targetPort": canary.service.target_port,
        "appProtocol": canary.service.app_protocol,
    }
    ports = [{name: value for name, value in port.items() if value}]
    spec = {"selector": dict(labels), "ports": ports}
    return {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.kind,
        "metadata": _named(canary, name),
        "spec": spec,
    }


def _strategy(canary: Canary, judged: bool, ledger: Ledger) -> dict[str, Any]:
    apex, preview = _services(canary)
    use = {"templates": [{"templateName": canary.name}]}
    if canary.provider == ALONE:
        before = {"prePromotionAnalysis": use} if judged else {}
        return {"blueGreen": {"activeService": apex, "previewService": preview, **before}}
    routing = routing_of(
        canary.provider, canary.route.name if canary.route else canary.apex, canary.namespace
    )
    if routing is None:
        remedy = "release it by another gateway, such as nginx or istio"
        ledger.refuse("spec.provider", f"{canary.provider} has no equal: Rollouts don't know it", remedy)
        return {}
    told = f"lead one rule of it to {apex} and {preview}: the weights of both are set there"
    if routing.editing and (source := gateway_of(canary).source):
        ledger.differs(f"spec.{source.field}", told)
    elif routing.editing:
        ledger.differs("spec.provider", f"a Rollout needs a route that is there already; {told}")
    steps = [] if canary.skip_analysis else list(_steps(canary, ledger))
    managed = [{"name": canary.name}] if any(step.keys() & _ROUTES for step in steps) else []
    analysis = {"analysis": use} if judged and steps else {}
    return {
        "canary": {
            "canaryService": preview,
            "stableService": apex,
            "trafficRouting": {**routing.fields, **({"managedRoutes": managed} if managed else {})},
            **analysis,
            "steps": steps,
        }
    }


_ROUTES = {"setHeaderRoute", "setMirrorRoute"}


def _steps(canary: Canary, ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Each weight, and the interval for which it is checked."""
    analysis, pause = canary.analysis, {"pause": {"duration": _text(canary.analysis.interval)}}
    if analysis.mirror:
        mirror = {"name": canary.name, "percentage": analysis.mirror, "match": [{}]}
        yield {"setMirrorRoute": mirror}
        yield from [pause] * max(1, analysis.iterations)
        yield {"setMirrorRoute": {"name": canary.name}}
    if analysis.match:
        yield {"setHeaderRoute": {"name": canary.name, "match": _headers(analysis, ledger)}}
        yield from [pause] * analysis.iterations
        return
    if analysis.iterations:
        if not analysis.mirror:
            yield {"setWeight": 0}
            yield from [pause] * analysis.iterations
        yield {"setWeight": 100}
        yield pause
        return
    for weight in _weights(replace(analysis, mirror=0)):
        yield {"setWeight": weight}
        yield pause


def _weights(analysis: Analysis) -> Iterator[int]:
    at, strategy = Progress(), strategy_of(analysis)
    while analysis.strategy == Weighted.name and not (at.begun and strategy.ended(analysis, at)):
        at = strategy.next(analysis, at)
        yield at.traffic.canary


def _headers(analysis: Analysis, ledger: Ledger) -> list[dict[str, Any]]:
    """The headers of one rule: those of a route all have to match."""
    rules = [json.loads(rule) for rule in analysis.match]
    if len(rules) > 1:
        ledger.refuse(
            "spec.analysis.match", f"has {len(rules)} rules, and a route of a step one", "keep one of them"
        )
    found = []
    for name, condition in rules[0].get("headers", {}).items():
        if "suffix" in condition:
            condition = {"regex": f".*{condition['suffix']}$"}
        found.append({"headerName": name, "headerValue": condition})
    for field in rules[0].keys() - {"headers"}:
        ledger.refuse(f"spec.analysis.match[0].{field}", "has no equal", "match headers")
    return found


def _text(seconds: float) -> str:
    return shown(round(seconds * 1000)).replace("m0s", "m").replace("h0m", "h")


def _metric(
    canary: Canary, check: MetricCheck, templates: Templates, written: Written, ledger: Ledger
) -> dict[str, Any]:
    """A check as a metric. Whatever a Canary counts as a failed check, a Rollout counts as failed or as an error."""
    path = f"spec.analysis.metrics {check.name}"
    condition = bounds.condition(check.minimum, check.maximum)
    if not condition:
        ledger.differs(path, "has no bound, so whatever is measured is a success")
    settings = {"address": canary.metrics_server, "query": check.query}
    if check.template:
        settings = _asked(check, templates, path, ledger)
    elif check.built_in:
        ledger.differs(
            path, "its query names the route that is made for a Canary: put in your own, or your Services"
        )
        settings["query"] = gateway_of(canary).query(canary, replace(check, scope="route"), ())
    if not settings.get("address"):
        ledger.differs(
            path, "names no Prometheus: set provider.prometheus.address, or that of Argo's controller"
        )
    query = written(canary, check, str(settings.get("query") or ""))
    return {
        "name": check.name,
        "interval": _text(canary.analysis.interval),
        "failureLimit": canary.analysis.threshold - 1,
        "successCondition": condition,
        "provider": {"prometheus": {**settings, "query": query}},
    }


def _asked(check: MetricCheck, templates: Templates, path: str, ledger: Ledger) -> dict[str, Any]:
    """What the MetricTemplate of a check says."""
    assert check.template is not None
    found = templates(check.template.namespace, check.template.name)
    if found is None:
        named = f"{check.template.name}.{check.template.namespace}"
        ledger.refuse(
            path, f"MetricTemplate {named} is not there, so its query is not known", "give its file, too"
        )
        return {"address": "?"}
    if found.type != "prometheus":
        ledger.refuse(path, f"asks {found.type}, which is not converted", "ask a Prometheus")
    if found.secret:
        ledger.differs(path, "has a Secret for its Prometheus, which has no equal here")
    return {
        "address": found.address,
        "insecure": None if found.verify else True,
        "headers": [{"key": name, "value": value} for name, value in found.headers.items()],
        "query": found.query,
    }


def _template(canary: Canary, metrics: list[dict[str, Any]]) -> Manifest:
    return {
        "apiVersion": ANALYSIS_TEMPLATE.api_version,
        "kind": ANALYSIS_TEMPLATE.kind,
        "metadata": _named(canary),
        "spec": {
            "metrics": [pruned(metric) | {"failureLimit": metric["failureLimit"]} for metric in metrics]
        },
    }


def _told(canary: Canary, ledger: Ledger) -> None:
    """Fields of a Canary that a Rollout has no word for."""
    for hook in canary.analysis.webhooks:
        ledger.differs(
            f"spec.analysis.webhooks {hook.name}", f"a {hook.type} hook has no equal: a Rollout calls none"
        )
    if canary.analysis.alerts:
        ledger.differs(
            "spec.analysis.alerts", "has no equal in the document: Argo's notifications go by annotations"
        )
    unequal = {
        "sessionAffinity": canary.analysis.affinity is not None,
        "gates": bool(canary.analysis.gates),
        "onFailure": canary.analysis.on_failure != "rollback",
        "noTraffic": canary.analysis.waits_for_traffic,
        "chosen": bool(canary.analysis.chosen),
    }
    for field in (name for name, asked in unequal.items() if asked):
        ledger.differs(f"spec.analysis.{field}", "has no equal")
    if canary.autoscaler:
        told = f"let scaleTargetRef of {canary.autoscaler.name} name Rollout {canary.name}"
        ledger.differs("spec.autoscalerRef", told)
    if canary.analysis.step_weight_promotion:
        ledger.differs(
            "spec.analysis.stepWeightPromotion", "has no equal: stable pods take all requests at once"
        )
    if canary.revert_on_deletion:
        ledger.differs("spec.revertOnDeletion", "has no equal")
    if canary.analysis.threshold > 1 and len(canary.analysis.checks) > 1:
        ledger.differs(
            "spec.analysis.threshold", "counts for each metric alone; a Canary counts all of them together"
        )
