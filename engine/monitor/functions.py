"""Function calls of a program."""

from __future__ import annotations

from pulumi.runtime.proto import resource_pb2

from engine import wire
from engine.deploy.context import Context
from engine.deploy.registrar import Registrar
from engine.events import Diagnostic
from engine.monitor import requests
from engine.provider import Operation


def call(
    context: Context, registrar: Registrar, request: resource_pb2.ResourceInvokeRequest
) -> resource_pb2.ResourceInvokeResponse:
    """The function's result. Raises `EngineError` and `ProviderError`."""
    provider = registrar.provider_for(
        request.tok, request.provider, request.parent, requests.package(request)
    )

    def log(severity: str, message: str, ephemeral: bool = False) -> None:
        context.events.emit(Diagnostic(severity, message, ephemeral=ephemeral))

    operation = Operation(
        urn="", preview=context.options.preview, log=log, cancelled=lambda: context.cancellation.requested
    )
    response = resource_pb2.ResourceInvokeResponse()
    args = wire.flatten(wire.from_struct(request.args))
    wire.fill(getattr(response, "return"), provider.invoke(operation, request.tok, args))
    return response
