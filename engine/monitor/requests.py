"""Requests of a program as the engine's own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi.runtime.proto import alias_pb2, resource_pb2

from engine import urn as urns
from engine import wire
from engine.deploy.goal import Alias, Goal, PackageKey, Reading, seconds
from engine.deploy.providers import plugin_inputs
from engine.monitor.positions import Positions
from engine.values import PropertyMap

MOMENTS = (
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
    "on_error",
)


def goal(request: resource_pb2.RegisterResourceRequest, positions: Positions) -> Goal:
    """The goal of a registration. Raises `ValueError` for a duration or a property that makes no sense."""
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        inputs=_inputs(request),
        protect=request.protect if request.HasField("protect") else None,
        provider=request.provider,
        providers=dict(request.providers),
        package=package(request),
        dependencies=tuple(request.dependencies),
        property_dependencies={key: tuple(value.urns) for key, value in request.propertyDependencies.items()},
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        import_id=request.importId,
        custom_timeouts=timeouts(request.customTimeouts) if request.HasField("customTimeouts") else {},
        aliases=(*(Alias(urn=text) for text in request.aliasURNs), *aliases(request.aliases)),
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        replacement_trigger=_trigger(request),
        hooks=hooks(request.hooks) if request.HasField("hooks") else {},
        hide_diffs=tuple(request.hideDiffs),
        source_position=positions.of(request.sourcePosition),
        stack_trace=positions.frames(request.stackTrace.frames),
        reports_results=request.supportsResultReporting,
    )


def _inputs(request: resource_pb2.RegisterResourceRequest) -> PropertyMap:
    """What is asked for; a provider's version and where to get it are among its inputs."""
    inputs: PropertyMap = wire.flatten(wire.from_struct(request.object))
    if urns.is_provider(request.type):
        inputs |= plugin_inputs(request.version, request.pluginDownloadURL)
    return inputs


def reading(request: resource_pb2.ReadResourceRequest, positions: Positions) -> Reading:
    """What a program wants to look up."""
    return Reading(
        type=request.type,
        name=request.name,
        id="" if request.id in wire.UNKNOWN_TEXTS else request.id,
        parent=request.parent,
        inputs=wire.flatten(wire.from_struct(request.properties)),
        provider=request.provider,
        package=package(request),
        dependencies=tuple(request.dependencies),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        source_position=positions.of(request.sourcePosition),
        stack_trace=positions.frames(request.stackTrace.frames),
    )


def package(request: Any) -> PackageKey:
    """What a request says about the package that it needs."""
    token = request.tok if hasattr(request, "tok") else request.type
    return PackageKey(urns.package_of(token), request.version, request.pluginDownloadURL)


def timeouts(request: Any) -> Mapping[str, float]:
    """Custom timeouts in seconds."""
    return {name: seconds(getattr(request, name)) for name in ("create", "update", "delete")}


def hooks(request: Any) -> Mapping[str, tuple[str, ...]]:
    """Names of hooks by the moment they are for."""
    return {moment: tuple(getattr(request, moment)) for moment in MOMENTS}


def aliases(given: Iterable[alias_pb2.Alias]) -> Iterable[Alias]:
    """Alias specifications; URNs are taken as they are."""
    for alias in given:
        if alias.WhichOneof("alias") == "urn":
            yield Alias(urn=alias.urn)
            continue
        spec = alias.spec
        yield Alias(
            name=spec.name,
            type=spec.type,
            stack=spec.stack,
            project=spec.project,
            parent=spec.parentUrn,
            no_parent=spec.noParent,
        )


def _trigger(request: resource_pb2.RegisterResourceRequest) -> Any:
    if not request.HasField("replacement_trigger"):
        return None
    return wire.flatten(wire.from_value(request.replacement_trigger))
