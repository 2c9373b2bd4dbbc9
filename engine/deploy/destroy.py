"""Deleting everything a stack holds, or the named part of it."""

from __future__ import annotations

from engine.deploy.context import Context
from engine.deploy.deletes import Deletes, held_by
from engine.deploy.executor import Executor
from engine.deploy.hooks import Hooks
from engine.deploy.providers import Providers
from engine.deploy.references import references
from engine.errors import EngineError
from engine.resource import Resource
from engine.urn import ROOT_TYPE, is_provider


class Destroy:
    """Deletes in dependency order; the stack itself stays, empty."""

    def __init__(self, context: Context, providers: Providers):
        self._context = context
        self._deletes = Deletes(context, Executor(context, providers, Hooks()))

    def run(self) -> bool:
        """Whether all of it went. Raises `EngineError` for targets that are unknown or that others depend on."""
        doomed = self._doomed(self._context.snapshot.leftovers())
        ok = self._deletes.run(doomed)
        if not ok:
            self._context.error("preview failed" if self._context.options.preview else "update failed")
        return ok

    def _doomed(self, resources: list[Resource]) -> list[Resource]:
        options = self._context.options
        if options.targets:
            return self._targeted(resources)
        if options.exclude_protected:
            protected = [item for item in resources if item.protect]
            kept = held_by(protected, resources) | {item.urn for item in protected}
            return [item for item in resources if item.urn not in kept]
        return resources

    def _targeted(self, resources: list[Resource]) -> list[Resource]:
        targets = self._context.options.targets
        for urn in targets.unknown({item.urn for item in resources}):
            raise EngineError(f"Target '{urn}' could not be found in the stack.")
        doomed = [item for item in resources if _is_meant(item) and targets.include(item)]
        gone = {item.urn for item in doomed}
        for item in resources:
            if item.urn not in gone and any(urn in gone for urn in references(item)):
                raise EngineError(
                    f"Resource '{item.urn}' will be destroyed but was not specified in --target list.\n"
                    "Either include resource in --target list or pass --target-dependents to proceed."
                )
        return doomed


def _is_meant(resource: Resource) -> bool:
    """Providers and the stack serve what stays; they are only deleted with everything else."""
    return resource.type != ROOT_TYPE and not is_provider(resource.type)
