"""The ResourceMonitor service: requests in, answers out; the work is done by the registrar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, resource_pb2, resource_pb2_grpc

from engine import wire
from engine.deploy.registrar import Aborted, Outcome
from engine.errors import EngineError
from engine.monitor import functions, requests
from engine.monitor.callbacks import Callbacks
from engine.monitor.direct import Services, hand_over
from engine.monitor.engine import EngineService
from engine.monitor.hooks import error_hook, resource_hook
from engine.monitor.positions import Positions
from engine.monitor.session import Session
from engine.monitor.transforms import Transforms
from engine.provider import ProviderError
from engine.values import PropertyMap

FEATURES = {
    "secrets": 0,
    "resourceReferences": 1,
    "aliasSpecs": 3,
    "replacementTrigger": 4,
    "deletedWith": 5,
    "transforms": 7,
    "invokeTransforms": 8,
    "resourceHooks": 10,
    "errorHooks": 11,
}
"""What the engine can do of what the protocol offers: names for older SDKs, numbers for newer ones."""


class MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    """One per run; each call has its own thread."""

    def __init__(self, session: Session, engine: EngineService):
        self._session = session
        self._services = Services(self, engine)
        self._positions = Positions(session.context.folder)
        self._callbacks = Callbacks()
        self._transforms = Transforms(self._callbacks)

    def close(self) -> None:
        """Let go of the program's callback server."""
        self._callbacks.close()

    def GetDeploymentInfo(self, request: object, context: object) -> resource_pb2.DeploymentInfo:
        run = self._session.context
        features: Any = list(FEATURES.values())
        return resource_pb2.DeploymentInfo(
            project=run.project,
            stack=run.stack,
            organization="organization",
            config=dict(run.config),
            configSecretKeys=run.secret_keys,
            dryRun=run.options.preview,
            parallel=run.options.parallel,
            supportedFeatures=features,
        )

    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest, context: object
    ) -> resource_pb2.SupportsFeatureResponse:
        supported = request.id in FEATURES or hand_over(request.id, self._services)
        return resource_pb2.SupportsFeatureResponse(hasSupport=supported)

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        if request.remote:
            _refuse_remote(context, request.type)
        with self._work(context):
            goal = requests.goal(self._transforms.applied(request), self._positions)
            outcome = self._session.registrar.register(goal)
        return _registered(outcome, custom=request.custom)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        with self._work(context):
            outputs = wire.flatten(wire.from_struct(request.outputs))
            self._session.registrar.register_outputs(request.urn, outputs)
        return empty_pb2.Empty()

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        with self._work(context):
            outcome = self._session.registrar.read(requests.reading(request, self._positions))
        response = resource_pb2.ReadResourceResponse(urn=outcome.urn, id=outcome.id or request.id)
        wire.fill(response.properties, _shown(outcome.outputs))
        return response

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        with self._work(context):
            request = self._transforms.applied_to_invoke(request)
            response = functions.call(self._session.context, self._session.registrar, request)
        return response  # noqa: RET504  a run that ended meanwhile is noticed between the two lines

    def Call(self, request: resource_pb2.ResourceCallRequest, context: grpc.ServicerContext) -> None:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the embedded engine does not call methods of remote components ({request.tok}); "
            "install the official Pulumi CLI for programs that do",
        )

    def RegisterStackTransform(self, request: callback_pb2.Callback, context: object) -> empty_pb2.Empty:
        self._transforms.add(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(
        self, request: callback_pb2.Callback, context: object
    ) -> empty_pb2.Empty:
        self._transforms.add_for_invokes(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(
        self, request: resource_pb2.RegisterResourceHookRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        with self._work(context):
            self._session.hooks.register(request.name, resource_hook(self._callbacks, request))
        return empty_pb2.Empty()

    def RegisterErrorHook(
        self, request: resource_pb2.RegisterErrorHookRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        with self._work(context):
            self._session.hooks.register_error(request.name, error_hook(self._callbacks, request))
        return empty_pb2.Empty()

    def RegisterPackage(
        self, request: resource_pb2.RegisterPackageRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterPackageResponse:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the embedded engine does not run parameterized packages ({request.name}); "
            "install the official Pulumi CLI for programs that use them",
        )
        raise AssertionError("abort does not return")

    def SignalAndWaitForShutdown(self, request: object, context: grpc.ServicerContext) -> empty_pb2.Empty:
        try:
            self._session.shut_down()
        except RuntimeError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return empty_pb2.Empty()

    @contextmanager
    def _work(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Around work on resources: what fails becomes the status that the SDK expects."""
        try:
            with self._session.call():
                yield
        except Aborted as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except (EngineError, ProviderError, ValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _registered(outcome: Outcome, custom: bool) -> resource_pb2.RegisterResourceResponse:
    result: Any = outcome.result.value
    response = resource_pb2.RegisterResourceResponse(urn=outcome.urn, id=outcome.id, result=result)
    if custom:
        wire.fill(response.object, _shown(outcome.outputs))
        for key, urns in outcome.property_dependencies.items():
            response.propertyDependencies[key].urns.extend(urns)
    return response


def _shown(outputs: PropertyMap) -> PropertyMap:
    """Without what a provider keeps for itself: no program has a name for it, and the SDK takes it apart all the same.

    Dynamic providers of the SDK read `__provider`.
    """
    return {
        name: value for name, value in outputs.items() if not name.startswith("__") or name == "__provider"
    }


def _refuse_remote(context: grpc.ServicerContext, type: str) -> None:
    context.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        f"the embedded engine does not run remote components such as {type}; "
        "install the official Pulumi CLI for programs that use them",
    )
