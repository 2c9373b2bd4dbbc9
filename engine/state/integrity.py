"""Whether a deployment is consistent: the rules that the official CLI checks before it uses a state."""

from __future__ import annotations

from collections.abc import Iterable

from engine.resource import Deployment, Resource
from engine.urn import PROVIDER_PREFIX, split_reference


def problem(deployment: Deployment) -> str | None:
    """What is wrong with the first resource that breaks a rule; None when all is well."""
    seen: dict[str, Resource] = {}
    for resource in deployment.resources:
        found = (
            _own_problem(resource) or _reference_problem(resource, seen) or _repeat_problem(resource, seen)
        )
        if found:
            return found
        if resource.urn not in seen or seen[resource.urn].delete:
            seen[resource.urn] = resource
    return None


def _own_problem(resource: Resource) -> str | None:
    if not resource.urn:
        return "a resource is missing its 'urn'"
    if not resource.type:
        return f"resource '{resource.urn}' is missing its 'type'"
    if not resource.custom and resource.id:
        return f"resource '{resource.urn}' has 'custom' false but non-empty ID"
    if resource.type.startswith(PROVIDER_PREFIX) and not resource.id:
        return f"provider '{resource.urn}' has no ID"
    return None


def _reference_problem(resource: Resource, seen: dict[str, Resource]) -> str | None:
    for kind, urn in _references(resource):
        if urn not in seen:
            return f"resource '{resource.urn}' refers to {kind} '{urn}', which is missing or comes later in the state"
    return None


def _references(resource: Resource) -> Iterable[tuple[str, str]]:
    if resource.provider and not resource.pending_replacement:
        yield "provider", split_reference(resource.provider)[0]
    if resource.parent:
        yield "parent", resource.parent
    if resource.deleted_with:
        yield "deletedWith", resource.deleted_with
    for urn in resource.dependencies:
        yield "dependency", urn
    for urns in resource.property_dependencies.values():
        for urn in urns:
            yield "dependency", urn
    for urn in resource.replace_with:
        yield "replaceWith", urn


def _repeat_problem(resource: Resource, seen: dict[str, Resource]) -> str | None:
    earlier = seen.get(resource.urn)
    if earlier and not earlier.delete and not resource.delete:
        return f"the state holds two resources '{resource.urn}', and neither is waiting to be deleted"
    return None
