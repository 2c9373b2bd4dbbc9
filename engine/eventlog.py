"""The engine's event log, as the Automation API reads it: JSON events in a file or over gRPC."""

from __future__ import annotations

import json
import math
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, Protocol

import grpc
from pulumi.runtime.proto import events_pb2, events_pb2_grpc

from engine.deploy.step import Op, Step
from engine.errors import EngineError
from engine.events import (
    Diagnostic,
    Ended,
    Event,
    PolicyRemediation,
    PolicyViolation,
    Prelude,
    StepDone,
    StepFailed,
    StepStarted,
    Summary,
)
from engine.resource import Resource
from engine.values import PropertyMap, Secret, Unknown, Value
from engine.wire import SIGNATURE, UNKNOWN_TEXT, marked


class Sink(Protocol):
    """Where event texts go."""

    def write(self, text: str) -> None: ...

    def close(self) -> None: ...


class EventLog:
    """A listener that writes events to a sink. Debug messages, five for each resource, only with `debug`."""

    def __init__(self, sink: Sink, debug: bool = False):
        self._sink, self._debug, self._sequence = sink, debug, 0
        self._states: dict[int, tuple[Resource, dict[str, Any]]] = {}

    def close(self) -> None:
        """Return when everything has reached the reader. Raises `EngineError` if it has not."""
        self._sink.close()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Diagnostic) and event.severity == "debug" and not self._debug:
            return
        for body in payloads(event, self._state):
            envelope = {"sequence": self._sequence, "timestamp": int(time.time()), **body}
            self._sequence += 1
            self._sink.write(json.dumps(envelope, separators=(",", ":"), ensure_ascii=False))

    def _state(self, resource: Resource | None) -> dict[str, Any] | None:
        """As `state_of`; the same state occurs in several events."""
        if resource is None:
            return None
        known = self._states.get(id(resource))
        if known is None or known[0] is not resource:
            known = self._states[id(resource)] = resource, state_of(resource)
        return known[1]


StateOf = Callable[[Resource | None], dict[str, Any] | None]


def open_log(target: str, debug: bool) -> EventLog:
    """The log behind `--event-log`: `tcp://HOST:PORT` or the path of a file. Raises `EngineError`."""
    if target.startswith("tcp://"):
        return EventLog(StreamSink(target.removeprefix("tcp://")), debug)
    try:
        return EventLog(FileSink(open(target, "a", encoding="utf-8")), debug)
    except OSError as error:
        raise EngineError(f"could not open the event log '{target}': {error.strerror}") from error


class FileSink:
    """One event a line, each visible at once."""

    def __init__(self, file: IO[str]):
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class StreamSink:
    """A client stream to an Events service."""

    def __init__(self, address: str):
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._channel = grpc.insecure_channel(address)
        self._reply = events_pb2_grpc.EventsStub(self._channel).StreamEvents.future(self._requests())

    def write(self, text: str) -> None:
        self._queue.put(text)

    def close(self) -> None:
        self._queue.put(None)
        try:
            self._reply.result()
        except grpc.RpcError as error:
            raise EngineError(f"the event log could not be delivered: {error.details()}") from error
        finally:
            self._channel.close()

    def _requests(self) -> Iterator[events_pb2.EventRequest]:
        while (text := self._queue.get()) is not None:
            yield events_pb2.EventRequest(event=text)


def payloads(event: Event, state: StateOf) -> Iterator[dict[str, Any]]:
    """An event as the bodies of the log; some have none."""
    match event:
        case Prelude(config):
            yield {"preludeEvent": {"config": dict(config)}}
        case StepStarted(step, planning):
            yield {"resourcePreEvent": {"metadata": metadata(step, state), "planning": planning}}
        case StepDone(step, planning, counted):
            # A component's outputs are known only when it has registered them.
            if step.resource.custom or not counted or step.op in (Op.DELETE, Op.REFRESH):
                yield {"resOutputsEvent": {"metadata": metadata(step, state), "planning": planning}}
        case StepFailed(step, _):
            yield {"resOpFailedEvent": {"metadata": metadata(step, state), "status": 0, "steps": 0}}
        case Diagnostic():
            yield {"diagnosticEvent": _diagnostic(event)}
        case PolicyViolation():
            yield {"policyEvent": _violation(event)}
        case PolicyRemediation():
            yield {"policyRemediationEvent": _remediation(event)}
        case Summary():
            yield {"summaryEvent": _summary(event)}
        case Ended():
            yield {"cancelEvent": {}}


def _diagnostic(event: Diagnostic) -> dict[str, Any]:
    message = event.message if event.message.endswith("\n") else event.message + "\n"
    body: dict[str, Any] = {"urn": event.urn} if event.urn else {}
    body |= {
        "prefix": _PREFIXES.get(event.severity, ""),
        "message": message,
        "color": "never",
        "severity": event.severity,
    }
    body |= {"streamID": event.stream} if event.stream else {}
    return body | ({"ephemeral": True} if event.ephemeral else {})


_PREFIXES = {"error": "error: ", "warning": "warning: ", "debug": "debug: "}


def _violation(event: PolicyViolation) -> dict[str, Any]:
    return {
        "resourceUrn": event.urn,
        "message": event.message + "\n",
        "color": "never",
        "policyName": event.policy,
        "policyPackName": event.pack,
        "policyPackVersion": event.pack_version,
        "policyPackVersionTag": event.pack_version,
        "enforcementLevel": event.level,
        **({"severity": event.severity} if event.severity else {}),
    }


def _remediation(event: PolicyRemediation) -> dict[str, Any]:
    return {
        "resourceUrn": event.urn,
        "color": "never",
        "policyName": event.policy,
        "policyPackName": event.pack,
        "policyPackVersion": event.pack_version,
        "policyPackVersionTag": event.pack_version,
        "before": shown(dict(event.before)),
        "after": shown(dict(event.after)),
    }


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
    detailed = {
        path: {"diffKind": item.kind, "inputDiff": item.input_diff} for path, item in step.detailed.items()
    }
    return {
        "op": str(step.op),
        "urn": step.urn,
        "type": step.type,
        "old": state(step.old),
        "new": state(step.new),
        "keys": list(step.keys) or None,
        "diffs": list(step.diffs) or None,
        "detailedDiff": detailed or None,
        "logical": step.op
        not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.DISCARD_REPLACED, Op.READ_REPLACEMENT),
        "provider": step.resource.provider,
    }


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
    """Properties as JSON for eyes and logs: secrets masked, unknowns by their placeholder."""
    return _shown(properties)


def _shown(value: Value) -> Any:
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return {key: _shown(item) for key, item in marked(value).items() if key != SIGNATURE}
