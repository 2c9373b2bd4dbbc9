"""Whether a deployment is consistent: the rules that the official CLI checks before it uses a state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from engine.resource import Deployment, Resource
from engine.urn import PROVIDER_PREFIX, provider_reference


def tampering(document: Mapping[str, Any]) -> str | None:
    """What is wrong with a deployment as JSON whose `magic` does not come of its `version`."""
    manifest = document.get("manifest") or {}
    if isinstance(manifest, Mapping):
        version = str(manifest.get("version") or "")
        if (manifest.get("magic") or "") == (magic(version) if version else ""):
            return None
    return "magic cookie mismatch; possible tampering/corruption detected"


def magic(version: str) -> str:
    """What a deployment that this version has written is known by."""
    return hashlib.sha256(version.encode()).hexdigest()


def problem(deployment: Deployment) -> str | None:
    """What is wrong with the first resource that breaks a rule; None when all is well."""
    everything = {resource.urn for resource in deployment.resources}
    seen: dict[str, Resource] = {}
    providers: set[str] = set()
    for resource in deployment.resources:
        found = _own_problem(resource)
        if not found and resource.type.startswith(PROVIDER_PREFIX):
            providers.add(provider_reference(resource.urn, resource.id))
        found = (
            found
            or _provider_problem(resource, providers)
            or _reference_problem(resource, seen, everything)
            or _repeat_problem(resource, seen)
        )
        if found:
            return found
        if resource.urn not in seen or seen[resource.urn].delete:
            seen[resource.urn] = resource
    return None


def _own_problem(resource: Resource) -> str | None:
    if not resource.urn:
        return "a resource is missing its required 'urn' field"
    if not resource.type:
        return f"resource '{resource.urn}' missing required 'type' field"
    if not resource.custom and resource.id:
        return f"resource '{resource.urn}' has 'custom' false but non-empty ID"
    if resource.type.startswith(PROVIDER_PREFIX) and not resource.id:
        return f"provider {resource.urn} is not referenceable: it has no ID"
    return None


def _provider_problem(resource: Resource, providers: set[str]) -> str | None:
    if resource.provider and resource.provider not in providers and not resource.pending_replacement:
        return f"resource {resource.urn} refers to unknown provider {resource.provider}"
    return None


def _reference_problem(resource: Resource, seen: dict[str, Resource], everything: set[str]) -> str | None:
    for urn, missing, later in _references(resource):
        if urn not in seen:
            return later if urn in everything - {resource.urn} else missing
    return None


def _references(resource: Resource) -> Iterable[tuple[str, str, str]]:
    """What the resource refers to, and what to say if that is missing or comes later."""
    name = resource.urn
    if resource.parent:
        yield (
            resource.parent,
            f"child resource {name} refers to missing parent {resource.parent}",
            f"child resource {name}'s parent {resource.parent} comes after it",
        )
    for urn in resource.dependencies:
        yield urn, *_dependency(f"resource {name}'s dependency {urn}")
    for key, urns in resource.property_dependencies.items():
        for urn in urns:
            yield urn, *_dependency(f"resource {name}'s property dependency {urn} (from property {key})")
    fates = [("deleted", resource.deleted_with)] if resource.deleted_with else []
    for fate, urn in (*fates, *(("replaced", urn) for urn in resource.replace_with)):
        said = f"resource {name} is specified as being {fate} with {urn}"
        yield urn, f"{said}, which is missing", f"{said}, which comes after it"


def _dependency(said: str) -> tuple[str, str]:
    return f"{said} refers to missing resource", f"{said} comes after it"


def _repeat_problem(resource: Resource, seen: dict[str, Resource]) -> str | None:
    earlier = seen.get(resource.urn)
    if earlier and not earlier.delete and not resource.delete:
        return f"duplicate resource {resource.urn} (not marked for deletion)"
    return None
