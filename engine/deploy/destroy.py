"""Deleting everything a stack holds, or the named part of it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.deploy.context import Context, Options
from engine.deploy.deletes import Deletes, followers_of, held_by
from engine.deploy.executor import Executor
from engine.deploy.hooks import Hooks
from engine.deploy.providers import Providers
from engine.deploy.targets import Targets
from engine.resource import Resource


class Destroy:
    """Deletes in dependency order; the stack itself stays, empty."""

    def __init__(self, context: Context, providers: Providers):
        self._context, self._executor = context, Executor(context, providers, Hooks())
        self._deletes = Deletes(context, self._executor)

    def run(self) -> bool:
        """Whether all of it went; what did not has been reported."""
        resources = self._context.snapshot.leftovers()
        doomed = self._doomed(resources)
        ok = self._named(doomed)
        if ok or self._context.options.preview:
            going = set(map(id, doomed))
            self._deletes.keep([item for item in resources if id(item) not in going and not item.delete])
            ok = self._deletes.run(doomed) and ok
        if not ok:
            self._context.error("preview failed" if self._context.options.preview else "update failed")
        return ok

    def _doomed(self, resources: list[Resource]) -> list[Resource]:
        """What the options let go: the named ones with what refers to them, or all but what has to stay."""
        targets = self._context.options.targets
        if targets and not targets.exclude:
            named = [item for item in resources if targets.names(item.urn)]
            going = {item.urn for item in named} | followers_of(named, resources)
            return [item for item in resources if item.urn in going]
        staying = staying_of(resources, self._context.options)
        return [item for item in resources if item.urn not in staying]

    def _named(self, doomed: list[Resource]) -> bool:
        """Whether nothing goes that is not meant; each is reported."""
        targets = self._context.options.targets
        if not targets or targets.exclude or targets.dependents:
            return True
        unmeant = [item for item in doomed if not targets.names(item.urn)]
        for item in unmeant:
            self._context.error(
                f"Resource '{item.urn}' will be destroyed but was not specified in --target list.\n"
                "Either include resource in --target list or pass --target-dependents to proceed.",
                item.urn,
            )
        return not unmeant


def staying_of(resources: Sequence[Resource], options: Options) -> set[str]:
    """URNs of what a destroy has to leave alone: what is excluded or protected where that is to stay, and what these
    need."""
    excluded = options.targets if options.targets.exclude else Targets()
    kept = [
        item for item in resources if excluded.names(item.urn) or (options.exclude_protected and item.protect)
    ]
    urns = {item.urn for item in kept}
    if excluded.dependents:
        urns |= followers_of(kept, resources)
    return urns | held_by([item for item in resources if item.urn in urns], resources)
