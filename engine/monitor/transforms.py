"""Transforms: functions of the program that change registrations and function calls on their way."""

from __future__ import annotations

import threading
from typing import Any

from pulumi.runtime.proto import callback_pb2, resource_pb2

from engine import urn as urns
from engine.monitor.callbacks import Callbacks

_SAME_NAMES = (
    ("ignore_changes", "ignoreChanges"),
    ("replace_on_changes", "replaceOnChanges"),
    ("additional_secret_outputs", "additionalSecretOutputs"),
    ("aliases", "aliases"),
    ("hide_diff", "hideDiffs"),
    ("replace_with", "replace_with"),
)
_SAME_TEXTS = (
    ("version", "version"),
    ("plugin_download_url", "pluginDownloadURL"),
    ("provider", "provider"),
    ("deleted_with", "deletedWith"),
    ("import", "importId"),
)


class Transforms:
    """Runs a resource's own transforms, then its parents' outward, then the stack's. May be used from any thread."""

    def __init__(self, callbacks: Callbacks):
        self._callbacks = callbacks
        self._stack: list[callback_pb2.Callback] = []
        self._invokes: list[callback_pb2.Callback] = []
        self._by_urn: dict[str, tuple[list[callback_pb2.Callback], str]] = {}
        self._lock = threading.Lock()

    def add(self, callback: callback_pb2.Callback) -> None:
        """A transform for every resource of the stack."""
        with self._lock:
            self._stack.append(callback)

    def add_for_invokes(self, callback: callback_pb2.Callback) -> None:
        """A transform for every function call of the stack."""
        with self._lock:
            self._invokes.append(callback)

    def applied(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceRequest:
        """The registration as its transforms leave it. Raises `EngineError` if one of them fails."""
        callbacks = self._callbacks_for(request)
        if not callbacks:
            return request
        properties, options = request.object, _options(request)
        for callback in callbacks:
            question = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=properties,
                options=options,
            )
            answer = resource_pb2.TransformResponse.FromString(
                self._callbacks.invoke(callback, question.SerializeToString())
            )
            if answer.HasField("properties"):
                properties = answer.properties
            if answer.HasField("options"):
                options = answer.options
        return _rewritten(request, properties, options)

    def applied_to_invoke(
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeRequest:
        """The function call as the stack's transforms leave it. Raises `EngineError` if one of them fails."""
        with self._lock:
            callbacks = list(self._invokes)
        for callback in callbacks:
            question = resource_pb2.TransformInvokeRequest(
                token=request.tok,
                args=request.args,
                options=resource_pb2.TransformInvokeOptions(
                    provider=request.provider,
                    version=request.version,
                    plugin_download_url=request.pluginDownloadURL,
                ),
            )
            answer = resource_pb2.TransformInvokeResponse.FromString(
                self._callbacks.invoke(callback, question.SerializeToString())
            )
            if answer.HasField("args"):
                request.args.CopyFrom(answer.args)
            if answer.HasField("options"):
                request.provider = answer.options.provider
                request.version = answer.options.version
                request.pluginDownloadURL = answer.options.plugin_download_url
        return request

    def _callbacks_for(self, request: resource_pb2.RegisterResourceRequest) -> list[callback_pb2.Callback]:
        """Also remembers the resource's own transforms for its children."""
        own = list(request.transforms)
        with self._lock:
            found, parent = list(own), request.parent
            while parent in self._by_urn:
                inherited, parent = self._by_urn[parent]
                found += inherited
            if own and not request.custom:
                self._by_urn[self._urn(request)] = own, request.parent
            elif not request.custom and request.parent in self._by_urn:
                self._by_urn[self._urn(request)] = [], request.parent
            return found + self._stack

    def _urn(self, request: resource_pb2.RegisterResourceRequest) -> str:
        """The URN that the resource is going to have; its parent's says which stack and project it is in."""
        parent = urns.Urn.parse(request.parent)
        return urns.make(parent.stack, parent.project, request.type, request.name, request.parent)


def _options(request: Any) -> Any:
    """What the request says besides properties, in the form that transforms see."""
    options: Any = resource_pb2.TransformResourceOptions(
        depends_on=request.dependencies,
        custom_timeouts=request.customTimeouts if request.HasField("customTimeouts") else None,
        hooks=request.hooks if request.HasField("hooks") else None,
        providers=request.providers,
    )
    for theirs, ours in _SAME_NAMES:
        getattr(options, theirs).extend(getattr(request, ours))
    for theirs, ours in _SAME_TEXTS:
        setattr(options, theirs, getattr(request, ours))
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("replacement_trigger"):
        options.replacement_trigger.CopyFrom(request.replacement_trigger)
    return options


def _rewritten(request: Any, properties: Any, options: Any) -> resource_pb2.RegisterResourceRequest:
    """The request with other properties and options."""
    result: Any = resource_pb2.RegisterResourceRequest()
    result.CopyFrom(request)
    result.object.CopyFrom(properties)
    result.ClearField("dependencies")
    result.dependencies.extend(options.depends_on)
    for theirs, ours in _SAME_NAMES:
        result.ClearField(ours)
        getattr(result, ours).extend(getattr(options, theirs))
    for theirs, ours in _SAME_TEXTS:
        setattr(result, ours, getattr(options, theirs))
    for theirs, ours in (
        ("custom_timeouts", "customTimeouts"),
        ("hooks", "hooks"),
        ("replacement_trigger", "replacement_trigger"),
    ):
        result.ClearField(ours)
        if options.HasField(theirs):
            getattr(result, ours).CopyFrom(getattr(options, theirs))
    for theirs, ours in (("protect", "protect"), ("retain_on_delete", "retainOnDelete")):
        result.ClearField(ours)
        if options.HasField(theirs):
            setattr(result, ours, getattr(options, theirs))
    result.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    result.deleteBeforeReplace = options.delete_before_replace
    result.providers.clear()
    result.providers.update(options.providers)
    for key in result.object.fields:
        if key not in request.propertyDependencies:
            # What a transform added may stem from anything that the resource depends on.
            result.propertyDependencies[key].urns.extend(result.dependencies)
    changed: resource_pb2.RegisterResourceRequest = result
    return changed
