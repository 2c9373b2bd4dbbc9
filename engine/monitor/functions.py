"""Function calls of a program."""

from __future__ import annotations

from pulumi.runtime.proto import resource_pb2

from engine import wire
from engine.deploy.context import Context
from engine.deploy.goal import Goal
from engine.deploy.registrar import Registrar
from engine.errors import EngineError
from engine.monitor import requests
from engine.provider import Operation
from engine.resource import Resource
from engine.values import PropertyMap

GET_RESOURCE = "pulumi:pulumi:getResource"


class Functions:
    """Answers function calls: the engine's own, else through the provider of the package."""

    def __init__(self, context: Context, registrar: Registrar):
        self._context, self._registrar = context, registrar

    def call(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """The function's result. Raises `EngineError` and `ProviderError`."""
        args = wire.flatten(wire.from_struct(request.args))
        response = resource_pb2.ResourceInvokeResponse()
        wire.fill(getattr(response, "return"), self._result(request, args))
        return response

    def _result(self, request: resource_pb2.ResourceInvokeRequest, args: PropertyMap) -> PropertyMap:
        if request.tok == GET_RESOURCE:
            return self._resource(str(args.get("urn", "")))
        goal = Goal("", "", parent=request.parent, package=requests.package(request))
        provider = self._registrar.provider_for(request.tok, request.provider, goal)
        operation = Operation(
            urn="",
            preview=self._context.options.preview,
            log=lambda severity, message, ephemeral: None,
            cancelled=lambda: self._context.cancellation.requested,
        )
        return provider.invoke(operation, request.tok, args)

    def _resource(self, urn: str) -> PropertyMap:
        found: Resource | None = self._context.ledger.results.get(urn) or self._context.ledger.olds.get(urn)
        if found is None:
            raise EngineError(f"unknown resource {urn}")
        return {"urn": urn, "id": found.id, "provider": found.provider, "state": found.outputs}
