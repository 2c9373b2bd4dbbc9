"""Reading what is really there into the state."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from engine import urn as urns
from engine.deploy import operations
from engine.deploy.context import Context
from engine.deploy.providers import Providers
from engine.deploy.references import references
from engine.errors import EngineError
from engine.events import StepDone, StepFailed, StepStarted
from engine.provider import ProviderError
from engine.resource import Deployment, Resource
from engine.step import Op, Step


class Refresh:
    """Brings the recorded resources up to date with what their providers find."""

    def __init__(self, context: Context, providers: Providers):
        self._context, self._providers = context, providers

    def run(self) -> tuple[Deployment, bool]:
        """The refreshed deployment and whether everything could be read. Raises `Cancelled`."""
        held = [item for item in self._context.snapshot.resources() if self._is_read(item)]
        with ThreadPoolExecutor(max(1, min(len(held), self._context.options.parallel))) as pool:
            found = dict(zip(map(id, held), pool.map(self._one, held), strict=True))
        gone = {item.urn for item in held if found[id(item)] is None}
        before = self._context.snapshot.deployment()
        ok = not any(item is _FAILED for item in found.values())
        resources = [
            pruned(old if new is _FAILED else new, gone)
            for old, new in ((item, found.get(id(item), item)) for item in before.resources)
            if new is not None
        ]
        return replace(before, resources=resources, pending_operations=[]), ok

    def _is_read(self, resource: Resource) -> bool:
        wanted = resource.custom and not urns.is_provider(resource.type) and not resource.pending_replacement
        return wanted and not resource.delete and self._context.options.targets.include(resource)

    def _one(self, resource: Resource) -> Resource | None:
        context = self._context
        context.cancellation.check()
        step = Step(Op.REFRESH, resource.urn, resource.type, resource, resource)
        context.events.emit(StepStarted(step, context.options.preview))
        try:
            found = operations.refresh(context, self._providers.get(resource.provider), resource)
        except (ProviderError, EngineError) as error:
            context.error(str(error), resource.urn)
            context.events.emit(StepFailed(step, context.options.preview))
            return _FAILED
        context.events.emit(StepDone(replace(step, new=found), context.options.preview))
        return found


_FAILED = Resource("", "")


def pruned(resource: Resource, gone: Collection[str]) -> Resource:
    """The resource without references to resources that are gone; their children become children of nobody."""
    if not gone or not any(urn in gone for urn in references(resource)):
        return resource
    return replace(
        resource,
        parent="" if resource.parent in gone else resource.parent,
        dependencies=[urn for urn in resource.dependencies if urn not in gone],
        property_dependencies={
            key: [urn for urn in sources if urn not in gone]
            for key, sources in resource.property_dependencies.items()
        },
        deleted_with="" if resource.deleted_with in gone else resource.deleted_with,
    )
