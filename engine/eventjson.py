"""Events as the JSON of event logs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.events import (
    Diagnostic,
    Ended,
    Event,
    PolicyLoad,
    PolicyRemediation,
    PolicySummary,
    PolicyViolation,
    Prelude,
    StepDone,
    StepFailed,
    StepStarted,
    Summary,
    counted_as,
)
from engine.resource import Resource
from engine.step import PARTS, Op, Step
from engine.values import PropertyMap, Secret, Unknown, Value
from engine.wire import SECRET, SIGNATURE, UNKNOWN_TEXT, marked

StateOf = Callable[[Resource | None], dict[str, Any] | None]


def payloads(event: Event, state: StateOf) -> Iterator[dict[str, Any]]:
    """An event as the bodies of the log; some have none."""
    match event:
        case Prelude(config):
            yield {"preludeEvent": {"config": dict(config)}}
        case StepStarted(step, planning):
            yield {"resourcePreEvent": _of_step(step, state, planning)}
        case StepDone(step, planning, counted):
            # In an update a component's outputs are known only when it has registered them.
            if planning or step.resource.custom or not counted or step.op in (Op.DELETE, Op.REFRESH):
                yield {"resOutputsEvent": _found(_of_step(step, state, planning), step, counted)}
        case StepFailed(step, _):
            unready = step.new is not None and bool(step.new.init_errors)
            yield {
                "resOpFailedEvent": {"metadata": metadata(step, state), "status": int(unready), "steps": 1}
            }
        case Diagnostic():
            yield {"diagnosticEvent": _diagnostic(event)}
        case PolicyLoad():
            yield {"policyLoadEvent": {}}
        case PolicyViolation():
            yield {"policyEvent": _violation(event)}
        case PolicyRemediation():
            yield {"policyRemediationEvent": _remediation(event)}
        case PolicySummary():
            yield {f"policy{event.moment}SummaryEvent": _policy_summary(event)}
        case Summary():
            yield {"summaryEvent": _summary(event)}
        case Ended():
            yield {"cancelEvent": {}}


def _of_step(step: Step, state: StateOf, planning: bool) -> dict[str, Any]:
    return {"metadata": metadata(step, state), **({"planning": True} if planning else {})}


def _diagnostic(event: Diagnostic) -> dict[str, Any]:
    body: dict[str, Any] = {"urn": event.urn} if event.urn else {}
    prefix = _PREFIXES.get(event.severity, "")
    body |= {
        **({"prefix": prefix} if prefix else {}),
        "message": event.message + "\n",
        "color": "never",
        "severity": event.severity,
    }
    body |= {"streamID": event.stream} if event.stream else {}
    return body | ({"ephemeral": True} if event.ephemeral else {})


_PREFIXES = {"error": "error: ", "warning": "warning: ", "debug": "debug: "}


def _of_pack(event: PolicyViolation | PolicyRemediation | PolicySummary) -> dict[str, Any]:
    return {
        "policyPackName": event.pack,
        "policyPackVersion": event.pack_version,
        "policyPackVersionTag": event.pack_version,
    }


def _violation(event: PolicyViolation) -> dict[str, Any]:
    return {
        "resourceUrn": event.urn,
        "message": event.message + "\n",
        "color": "never",
        "policyName": event.policy,
        **_of_pack(event),
        "enforcementLevel": event.level,
        **({"severity": event.severity} if event.severity else {}),
    }


def _remediation(event: PolicyRemediation) -> dict[str, Any]:
    return {
        "resourceUrn": event.urn,
        "color": "raw",
        "policyName": event.policy,
        **_of_pack(event),
        "before": shown(dict(event.before)),
        "after": shown(dict(event.after)),
    }


def _policy_summary(event: PolicySummary) -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceUrn": event.urn,
        **_of_pack(event),
        "passed": list(event.passed),
        "failed": list(event.failed),
    }
    return {name: value for name, value in body.items() if value or name.startswith("policy")}


def _summary(event: Summary) -> dict[str, Any]:
    return {
        "maybeCorrupt": False,
        "durationSeconds": math.ceil(event.seconds),
        "resourceChanges": dict(event.changes),
        "PolicyPacks": dict(event.policy_packs),
        "isPreview": event.preview,
        "result": event.result,
    }


def metadata(step: Step, state: StateOf) -> dict[str, Any]:
    """What the log tells about a step; `state` tells about a resource."""
    changes = step.detailed or {}
    detailed = {path: {"diffKind": item.kind, "inputDiff": item.input_diff} for path, item in changes.items()}
    body = {
        "op": str(step.op),
        "urn": step.urn,
        "type": step.type,
        "old": state(step.old),
        "new": state(step.new),
        "keys": list(step.keys),
        # Details say what the names of properties would.
        "diffs": [] if detailed else list(step.diffs),
        "detailedDiff": None if step.detailed is None else detailed,
        "logical": step.op not in PARTS and step.op is not Op.REFRESH,
        "provider": step.resource.provider,
    }
    return {name: value for name, value in body.items() if value or name not in ("keys", "diffs", "logical")}


def _found(body: dict[str, Any], step: Step, counted: bool) -> dict[str, Any]:
    """A refresh tells what it has found: that something is the same, was changed or is gone."""
    if step.op is Op.REFRESH:
        body["metadata"] |= {"op": counted_as(step)} if counted else {}
    return body


def state_of(resource: Resource) -> dict[str, Any]:
    """A resource as events show it."""
    state: dict[str, Any] = {"type": resource.type, "urn": resource.urn}
    flags: Mapping[str, bool] = {
        "custom": resource.custom,
        "delete": resource.delete,
        "protect": resource.protect,
        "taint": resource.taint,
        "external": resource.external,
        "retainOnDelete": resource.retain_on_delete,
    }
    state |= {name: True for name, value in flags.items() if value}
    state |= {"id": resource.id, "parent": resource.parent}
    state |= {
        "inputs": shown(resource.inputs),
        "outputs": shown(resource.outputs),
        "provider": resource.provider,
    }
    state |= {"initErrors": resource.init_errors} if resource.init_errors else {}
    return state | ({"hideDiffs": resource.hide_diff} if resource.hide_diff else {})


def shown(properties: PropertyMap) -> Any:
    """Properties as JSON for eyes and logs: secrets marked and masked, unknowns by their placeholder."""
    return _shown(properties)


_MASKED = {SIGNATURE: SECRET, "ciphertext": "[secret]"}


def _shown(value: Value) -> Any:
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, Secret):
        return dict(_MASKED)
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return {key: _shown(item) for key, item in marked(value).items()}
