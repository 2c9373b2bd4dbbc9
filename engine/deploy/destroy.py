"""Deleting everything a stack holds, or the named part of it."""

from __future__ import annotations

from dataclasses import replace

from engine.deploy.context import Context
from engine.deploy.defaults import is_default
from engine.deploy.deletes import Deletes, held_by
from engine.deploy.executor import Executor
from engine.deploy.hooks import Hooks
from engine.deploy.providers import Providers
from engine.deploy.references import references
from engine.errors import EngineError
from engine.resource import Resource
from engine.step import Op, Step
from engine.urn import ROOT_TYPE, is_provider


class Destroy:
    """Deletes in dependency order; the stack itself stays, empty."""

    def __init__(self, context: Context, providers: Providers):
        self._context, self._executor = context, Executor(context, providers, Hooks())
        self._deletes = Deletes(context, self._executor)

    def run(self) -> bool:
        """Whether all of it went. Raises `EngineError` for targets that are unknown."""
        leftovers = self._context.snapshot.leftovers()
        doomed = self._doomed(leftovers)
        ok = not self._needing(doomed, leftovers)
        if ok:
            going = set(map(id, doomed))
            self._keep([item for item in leftovers if id(item) not in going and not item.delete])
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
            raise EngineError(
                f"Target '{urn}' could not be found in the stack. Did you forget to escape $ in your shell?"
            )
        return [item for item in resources if _is_meant(item) and targets.include(item)]

    def _needing(self, doomed: list[Resource], resources: list[Resource]) -> bool:
        """Whether something that is to stay needs what is to go; each is reported."""
        gone, found = {item.urn for item in doomed}, False
        for item in resources:
            if item.urn not in gone and any(urn in gone for urn in references(item)):
                self._context.error(
                    f"Resource '{item.urn}' will be destroyed but was not specified in --target list.\n"
                    "Either include resource in --target list or pass --target-dependents to proceed.",
                    item.urn,
                )
                found = True
        return found

    def _keep(self, resources: list[Resource]) -> None:
        """What is not meant stays as it is, and is told of."""
        if self._context.options.targets:
            for item in resources:
                kept = replace(item, id="")
                internal = is_default(item.urn)
                self._executor.run(Step(Op.SAME, item.urn, item.type, item, kept, internal=internal))


def _is_meant(resource: Resource) -> bool:
    """Providers and the stack serve what stays; they are only deleted with everything else."""
    return resource.type != ROOT_TYPE and not is_provider(resource.type)
