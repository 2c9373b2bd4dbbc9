"""Resources as the analyzer protocol wants them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pulumi.runtime.proto import analyzer_pb2 as pb

from engine.resource import Resource
from engine.urn import name_of
from engine.values import Output, PropertyMap, Reference, Secret, Unknown, Value
from engine.wire import UNKNOWN_TEXT, fill

PRIVATE = "__"
"""Properties whose names begin so are the engine's and the provider's own."""


@dataclass(frozen=True)
class Subject:
    """A resource to be judged, with what its state doesn't say. `provider` is None for a component."""

    resource: Resource
    provider: Resource | None = None
    delete_before_replace: bool | None = None


def analyze_request(subject: Subject, inputs: PropertyMap, private: bool = False) -> pb.AnalyzeRequest:
    """A request about the resource with these inputs; `private` keeps properties that are nobody's business."""
    resource = subject.resource
    request = pb.AnalyzeRequest(type=resource.type, urn=resource.urn, name=name_of(resource.urn))
    _describe(request, subject, inputs if private else _public(inputs))
    return request


def stack_request(subjects: Iterable[Subject]) -> pb.AnalyzeStackRequest:
    """A request about all resources, with their outputs."""
    return pb.AnalyzeStackRequest(resources=[_stack_resource(subject) for subject in subjects])


def _stack_resource(subject: Subject) -> pb.AnalyzerResource:
    resource = subject.resource
    message = pb.AnalyzerResource(
        type=resource.type,
        urn=resource.urn,
        name=name_of(resource.urn),
        parent=resource.parent,
        dependencies=resource.dependencies,
        propertyDependencies={
            name: pb.AnalyzerPropertyDependencies(urns=urns)
            for name, urns in resource.property_dependencies.items()
            if urns
        },
    )
    _describe(message, subject, _public(resource.outputs))
    return message


def _describe(
    message: pb.AnalyzeRequest | pb.AnalyzerResource, subject: Subject, properties: PropertyMap
) -> None:
    resource, before = subject.resource, subject.delete_before_replace
    fill(message.properties, {key: _flat(value) for key, value in properties.items()})
    message.properties.SetInParent()
    timeouts = resource.custom_timeouts
    message.options.CopyFrom(
        pb.AnalyzerResourceOptions(
            protect=resource.protect,
            ignoreChanges=resource.ignore_changes,
            deleteBeforeReplace=bool(before),
            deleteBeforeReplaceDefined=before is not None,
            additionalSecretOutputs=resource.additional_secret_outputs,
            aliases=resource.aliases,
            customTimeouts=pb.AnalyzerResourceOptions.CustomTimeouts(**timeouts),
            parent=resource.parent,
        )
    )
    if subject.provider is not None:
        _describe_provider(message.provider, subject.provider)


def _describe_provider(message: pb.AnalyzerProviderResource, provider: Resource) -> None:
    message.type, message.urn, message.name = provider.type, provider.urn, name_of(provider.urn)
    fill(message.properties, {key: _flat(value) for key, value in _public(provider.inputs).items()})
    message.properties.SetInParent()


def _public(properties: PropertyMap) -> PropertyMap:
    """Without private keys, at any depth."""
    return {key: _public_value(value) for key, value in properties.items() if not key.startswith(PRIVATE)}


def _public_value(value: Value) -> Value:
    if isinstance(value, dict):
        return _public(value)
    if isinstance(value, list):
        return [_public_value(item) for item in value]
    return value


def _flat(value: Value) -> Value:
    """Without the kinds that packs can't read: references become ids or URNs, outputs their values."""
    if isinstance(value, dict):
        return {key: _flat(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_flat(item) for item in value]
    if isinstance(value, Secret):
        return Secret(_flat(value.value))
    if isinstance(value, Reference):
        if isinstance(value.id, Unknown):
            return UNKNOWN_TEXT
        return value.id or value.urn
    if isinstance(value, Output):
        inner = _flat(value.value) if value.known else UNKNOWN_TEXT
        return Secret(inner) if value.secret else inner
    return value
