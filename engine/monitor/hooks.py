"""Hooks that a program registers, as functions that the executor can call."""

from __future__ import annotations

from pulumi.runtime.proto import resource_pb2

from engine import wire
from engine.deploy.hooks import ErrorHook, Failure, Hook, HookCall
from engine.errors import EngineError
from engine.monitor.callbacks import Callbacks
from engine.urn import Urn


def resource_hook(callbacks: Callbacks, registered: resource_pb2.RegisterResourceHookRequest) -> Hook:
    """The hook behind a registration."""

    def run(call: HookCall) -> str:
        urn = Urn.parse(call.urn)
        request = resource_pb2.ResourceHookRequest(urn=call.urn, id=call.id, name=urn.name, type=urn.type)
        if call.new is not None and not call.moment.endswith("delete"):
            wire.fill(request.new_inputs, call.new.inputs)
        if call.old is not None:
            wire.fill(request.old_inputs, call.old.inputs)
            wire.fill(request.old_outputs, call.old.outputs)
        if call.done is not None:
            wire.fill(request.new_outputs, call.done.outputs)
        try:
            answer = callbacks.invoke(registered.callback, request.SerializeToString())
        except EngineError as error:
            return str(error)
        return str(resource_pb2.ResourceHookResponse.FromString(answer).error)

    return Hook(run, in_previews=registered.on_dry_run, ignore_errors=registered.ignore_errors)


def error_hook(callbacks: Callbacks, registered: resource_pb2.RegisterErrorHookRequest) -> ErrorHook:
    """The error hook behind a registration."""

    def run(failure: Failure) -> tuple[str, bool]:
        resource = failure.resource
        request = resource_pb2.ErrorHookRequest(
            urn=resource.urn,
            id=resource.id,
            name=Urn.parse(resource.urn).name,
            type=resource.type,
            failed_operation=failure.operation,
            errors=failure.errors,
        )
        wire.fill(request.new_inputs, resource.inputs)
        if failure.old is not None:
            wire.fill(request.old_inputs, failure.old.inputs)
            wire.fill(request.old_outputs, failure.old.outputs)
        try:
            answer = resource_pb2.ErrorHookResponse.FromString(
                callbacks.invoke(registered.callback, request.SerializeToString())
            )
        except EngineError as error:
            return str(error), False
        return str(answer.error), bool(answer.retry)

    return run
