"""What a replacement takes along: resources that cannot live through the absence of what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from engine import urn as urns
from engine.deploy.decide import Fate, after_diff
from engine.provider import Diff
from engine.resource import Resource
from engine.values import UNKNOWN, PropertyMap, Value

DiffOf = Callable[[Resource, PropertyMap], Diff]
"""The provider's diff of a resource in the state against other inputs."""


def dependents(
    root: Resource, resources: Iterable[Resource], diff_of: DiffOf
) -> list[tuple[Resource, tuple[str, ...]]]:
    """Resources that must be deleted before `root` is, dependencies first, with the properties that force it.

    `resources` are those of the old state in its order. A resource goes along if its provider or what it is deleted
    with goes, or if it would be replaced should the properties that come from what goes change.
    """
    going = {root.urn}
    found: list[tuple[Resource, tuple[str, ...]]] = []
    for resource in resources:
        if (
            resource is root
            or resource.urn in going
            or not resource.custom
            or resource.external
            or resource.delete
        ):
            continue
        keys = _forced_by(resource, going, diff_of)
        if keys is not None:
            going.add(resource.urn)
            found.append((resource, keys))
    return found


def _forced_by(resource: Resource, going: set[str], diff_of: DiffOf) -> tuple[str, ...] | None:
    if resource.provider and urns.split_reference(resource.provider)[0] in going:
        return ("provider",)
    if resource.deleted_with in going:
        return ()
    if going.isdisjoint(resource.dependencies):
        return None
    uncertain = {
        key for key, sources in resource.property_dependencies.items() if not going.isdisjoint(sources)
    }
    if not uncertain:
        return None
    inputs = {key: _unknown(value) if key in uncertain else value for key, value in resource.inputs.items()}
    # Earlier failures to become ready are no reason here.
    verdict = after_diff(
        replace(resource, init_errors=[]), replace(resource, inputs=inputs), diff_of(resource, inputs)
    )
    return verdict.diff.replaces if verdict.fate is Fate.REPLACE else None


def _unknown(value: Value) -> Value:
    """The same shape with nothing known in it."""
    if isinstance(value, dict) and value:
        return {key: _unknown(item) for key, item in value.items()}
    return UNKNOWN
