"""Programs in the engine's own process: they talk to it by plain calls instead of gRPC.

gRPC costs half a millisecond and a thread for each resource, and as much again for each of the half a dozen debug
messages that the SDK sends about it. So a program asks its engine for a feature with a name that was made up this
moment. Only an engine of the same process knows that name, and hands over its services; any other says no, and all
stays as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import grpc
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """What a program talks to."""

    monitor: resource_pb2_grpc.ResourceMonitorServicer
    engine: engine_pb2_grpc.EngineServicer


_wanted: dict[str, Future[Services]] = {}


def hand_over(name: str, services: Services) -> bool:
    """Whether a program of this process waits for services under that name; then it has them now."""
    waiting = _wanted.get(name)
    if waiting is not None:
        waiting.set_result(services)
    return waiting is not None


def direct(program: Callable[[], T]) -> Callable[[], T]:
    """The inline program as it is, in direct talk with an engine of the same process."""

    def run() -> T:
        if (services := _services()) is not None:
            settings.SETTINGS.monitor = _Client(services.monitor)
            settings.SETTINGS.engine = _Client(services.engine)
        return program()

    return run


def _services() -> Services | None:
    monitor, name, waiting = settings.get_monitor(), f"direct-{uuid.uuid4()}", Future[Services]()
    if monitor is None:
        return None
    _wanted[name] = waiting
    try:
        monitor.SupportsFeature(resource_pb2.SupportsFeatureRequest(id=name))
    finally:
        del _wanted[name]
    return waiting.result() if waiting.done() else None


class _Client:
    """A service as its callers know it: they give a request and get an answer, or an error with a status."""

    def __init__(self, service: object):
        self._service = service

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        method = getattr(self._service, name)

        def call(request: Any) -> Any:
            try:
                return method(request, _CONTEXT)
            except NotImplementedError as error:
                raise Status(grpc.StatusCode.UNIMPLEMENTED, str(error)) from error

        return call


class Status(grpc.RpcError):
    """Why a call was refused, in the form in which the SDK looks for it."""

    def __init__(self, code: grpc.StatusCode, details: str):
        super().__init__(details)
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


class _Context:
    """What services use of a call's context."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Status(code, details)

    def set_code(self, code: grpc.StatusCode) -> None:
        """Comes with an exception that says the same."""

    def set_details(self, details: str) -> None:
        """Comes with an exception that says the same."""


_CONTEXT = _Context()
