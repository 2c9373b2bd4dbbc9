"""Reading what is really there into the state."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from engine import urn as urns
from engine.deploy import operations
from engine.deploy.context import Context
from engine.deploy.decide import differences
from engine.deploy.defaults import is_default
from engine.deploy.providers import Providers
from engine.deploy.references import references
from engine.errors import EngineError
from engine.events import StepDone, StepFailed, StepStarted
from engine.provider import PropertyDiff, ProviderError
from engine.resource import Deployment, Resource
from engine.step import Op, Step


class Refresh:
    """Brings the recorded resources up to date with what their providers find."""

    def __init__(self, context: Context, providers: Providers, alone: bool):
        self._context, self._providers, self._alone = context, providers, alone

    def run(self) -> tuple[Deployment, bool]:
        """The refreshed deployment and whether everything could be read. Raises `Cancelled`."""
        everything = self._context.snapshot.resources()
        for item in everything:
            if not self._is_read(item) and self._is_told(item):
                self._tell(item)
        held = [item for item in everything if self._is_read(item)]
        with ThreadPoolExecutor(max(1, min(len(held), self._context.options.parallel))) as pool:
            found = dict(zip(map(id, held), pool.map(self._one, held), strict=True))
        gone = {item.urn for item in held if found[id(item)] is None}
        before = self._context.snapshot.deployment()
        ok = not any(item is _FAILED for item in found.values())
        resources = [
            pruned(refreshed(old if new is _FAILED else new), gone)
            for old, new in ((item, found.get(id(item), item)) for item in before.resources)
            if new is not None
        ]
        return replace(before, resources=resources, pending_operations=[]), ok

    def _is_read(self, resource: Resource) -> bool:
        wanted = resource.custom and not urns.is_provider(resource.type) and not resource.pending_replacement
        return wanted and not resource.delete and self._context.options.targets.reach(resource)

    def _is_told(self, resource: Resource) -> bool:
        nothing_to_read = not resource.custom or urns.is_provider(resource.type)
        return nothing_to_read and self._context.options.targets.reach(resource)

    def _tell(self, resource: Resource) -> None:
        """What nobody has to be asked about is as it is recorded."""
        planning, internal = self._context.options.preview, is_default(resource.urn)
        step = Step(Op.REFRESH, resource.urn, resource.type, resource, resource, internal=internal)
        self._context.events.emit(StepStarted(step, planning))
        self._context.events.emit(StepDone(step, planning, counted=self._alone))

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
        if found and found.init_errors:
            told = "\n* ".join(["Refreshed resource is in an unhealthy state:", *found.init_errors])
            context.warn(told, resource.urn)
        done = replace(step, new=found, detailed=_changes(resource, found) if found else None)
        context.events.emit(StepDone(done, context.options.preview, counted=self._alone))
        return found


_FAILED = Resource("", "")


def _changes(old: Resource, new: Resource) -> dict[str, PropertyDiff]:
    return {path: PropertyDiff(item.kind) for path, item in differences(old.inputs, new.inputs).items()}


def refreshed(resource: Resource) -> Resource:
    """The resource without properties that depend on nothing; a refresh keeps none of those."""
    kept = {key: sources for key, sources in resource.property_dependencies.items() if sources}
    return replace(resource, property_dependencies=kept)


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
