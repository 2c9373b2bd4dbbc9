"""The engine's event log, as the Automation API reads it: JSON events in a file or over gRPC."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from typing import IO, Any, Protocol

import grpc
from pulumi.runtime.proto import events_pb2, events_pb2_grpc

from engine.errors import EngineError
from engine.eventjson import payloads, state_of
from engine.events import Diagnostic, Event, PolicySummary, StepDone, StepStarted
from engine.mask import Mask
from engine.resource import Resource


class Sink(Protocol):
    """Where event texts go."""

    def write(self, text: str) -> None: ...

    def close(self) -> None: ...


OF_EACH_RESOURCE = (StepStarted, StepDone, PolicySummary)
"""Events that come for every resource, whatever becomes of it."""


class EventLog:
    """A listener that writes events to a sink. Debug messages, five for each resource, only with `debug`; a `terse` one
    leaves out all that comes for each resource, and tells of messages, violations and the outcome."""

    def __init__(self, sink: Sink, debug: bool = False, terse: bool = False, mask: Mask | None = None):
        self._sink, self._debug, self._terse, self._sequence = sink, debug, terse, 0
        self._mask = mask or Mask()
        self._states: dict[int, tuple[Resource, dict[str, Any]]] = {}

    def close(self) -> None:
        """Return when everything has reached the reader. Raises `EngineError` if it has not."""
        self._sink.close()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Diagnostic) and event.severity == "debug" and not self._debug:
            return
        if self._terse and isinstance(event, OF_EACH_RESOURCE):
            return
        for body in payloads(event, self._state):
            envelope = {"sequence": self._sequence, "timestamp": int(time.time()), **body}
            self._sequence += 1
            self._sink.write(self._mask(json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)))

    def _state(self, resource: Resource | None) -> dict[str, Any] | None:
        """As `state_of`; the same state occurs in several events."""
        if resource is None:
            return None
        known = self._states.get(id(resource))
        if known is None or known[0] is not resource:
            known = self._states[id(resource)] = resource, state_of(resource)
        return known[1]


def open_log(target: str, debug: bool, terse: bool, mask: Mask) -> EventLog:
    """The log behind `--event-log`: `tcp://HOST:PORT` or a file, which it replaces. Raises `EngineError`."""
    if target.startswith("tcp://"):
        return EventLog(StreamSink(target.removeprefix("tcp://")), debug, terse, mask)
    try:
        return EventLog(FileSink(open(target, "w", encoding="utf-8")), debug, terse, mask)
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
