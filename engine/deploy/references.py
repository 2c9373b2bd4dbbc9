"""Which resources a resource refers to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.resource import Resource
from engine.urn import is_provider, provider_reference


def references(resource: Resource) -> Iterable[str]:
    """URNs of every other resource that this one refers to, its provider's included."""
    yield from resource.dependencies
    for urns in resource.property_dependencies.values():
        yield from urns
    if resource.parent:
        yield resource.parent
    if resource.deleted_with:
        yield resource.deleted_with
    if resource.provider:
        yield resource.provider.rpartition("::")[0]


class Index:
    """Finds what resources refer to. Of several with one URN it is the one that is not to be deleted."""

    def __init__(self, resources: Iterable[Resource]):
        self._named: dict[str, Resource] = {}
        for resource in resources:
            if resource.urn not in self._named or self._named[resource.urn].delete:
                self._named[resource.urn] = resource
            if is_provider(resource.type):
                self._named[provider_reference(resource.urn, resource.id)] = resource

    def referred(self, resource: Resource) -> Iterable[Resource]:
        """The resources among those that are known. Of a provider that is replaced it is the one of the resource."""
        names = (resource.provider, *references(resource))
        return (self._named[name] for name in names if name in self._named)


def in_order(resources: Sequence[Resource]) -> list[Resource]:
    """Each resource after those that it refers to, and otherwise as they were: no state may be in another order."""
    index, placed = Index(resources), dict[int, Resource]()
    for resource in resources:
        _place(resource, index, placed)
    return list(placed.values())


def _place(resource: Resource, index: Index, placed: dict[int, Resource]) -> None:
    waiting, begun = [resource], {id(resource)}
    while waiting:
        item = waiting[-1]
        missing = (one for one in index.referred(item) if id(one) not in placed and id(one) not in begun)
        first = next(missing, None)
        if first is None:
            placed.setdefault(id(item), waiting.pop())
        else:
            begun.add(id(first))
            waiting.append(first)


def rename_references(resource: Resource, names: dict[str, str]) -> Resource:
    """The resource with other names for those that it refers to."""
    provider, _, id = resource.provider.rpartition("::")
    return replace(
        resource,
        parent=names.get(resource.parent, resource.parent),
        dependencies=[names.get(urn, urn) for urn in resource.dependencies],
        property_dependencies={
            key: [names.get(urn, urn) for urn in urns] for key, urns in resource.property_dependencies.items()
        },
        deleted_with=names.get(resource.deleted_with, resource.deleted_with),
        provider=f"{names.get(provider, provider)}::{id}" if provider else "",
    )
