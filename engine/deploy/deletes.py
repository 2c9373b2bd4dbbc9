"""What is deleted, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from engine.deploy.context import Context
from engine.deploy.defaults import is_default
from engine.deploy.executor import Executor, StepError
from engine.deploy.references import Index, references
from engine.errors import EngineError
from engine.resource import Resource
from engine.step import Op, Step


def layers(doomed: Sequence[Resource]) -> list[list[Resource]]:
    """The resources in sets: whatever is in a set has nothing later that refers to it. Newest first in each set."""
    left = list(reversed(doomed))
    found: list[list[Resource]] = []
    while left:
        wanted = {urn for resource in left for urn in references(resource) if urn != resource.urn}
        free = [resource for resource in left if resource.urn not in wanted]
        if not free:
            # Only a damaged state has circles; its own order is as good as any other then.
            free = left[:1]
        found.append(free)
        left = [resource for resource in left if not any(resource is item for item in free)]
    return found


def held_by(kept: Iterable[Resource], resources: Sequence[Resource]) -> set[str]:
    """URNs that the kept resources refer to, directly or through others."""
    by_urn = {resource.urn: resource for resource in resources}
    held: set[str] = set()
    waiting = [urn for resource in kept for urn in references(resource)]
    while waiting:
        urn = waiting.pop()
        if urn not in held and urn in by_urn:
            held.add(urn)
            waiting.extend(references(by_urn[urn]))
    return held


def not_held(doomed: Sequence[Resource], kept: Sequence[Resource]) -> list[Resource]:
    """Those of them that nothing which is kept refers to, directly or through others."""
    index = Index([*kept, *doomed])
    held: set[int] = set()
    waiting = list(kept)
    while waiting:
        found = [item for item in index.referred(waiting.pop()) if id(item) not in held]
        held.update(map(id, found))
        waiting.extend(found)
    return [item for item in doomed if id(item) not in held]


def followers_of(roots: Iterable[Resource], resources: Sequence[Resource]) -> set[str]:
    """URNs of what refers to the given resources, directly or through others."""
    known = {item.urn for item in roots}
    found: set[str] = set()
    for resource in resources:
        # A state holds what is referred to before what refers to it.
        if resource.urn not in known and not known.isdisjoint(references(resource)):
            known.add(resource.urn)
            found.add(resource.urn)
    return found


class Deletes:
    """Deletes resources of the old state, as many at once as the options allow."""

    def __init__(self, context: Context, executor: Executor):
        self._context, self._executor = context, executor

    def unclaimed(self) -> list[Resource]:
        """Old resources that the program did not register, and those that have been replaced.

        What has failed or is left alone stays, and needs what it refers to.
        """
        context, ledger = self._context, self._context.ledger
        leftovers = context.snapshot.leftovers()
        if context.options.preview:
            # Only the ledger knows what would have made room by now.
            leftovers = [item if item.delete else ledger.vacated(item) for item in leftovers]
        staying = [
            item
            for item in leftovers
            if not self._goes(item) and (item.delete or not ledger.has_result_for(item.urn))
        ]
        found = not_held(
            [item for item in leftovers if self._goes(item)], [*ledger.results.values(), *staying]
        )
        if context.options.preview:
            found += [item for item in ledger.condemned if not any(item is known for known in found)]
        return found

    def untouched(self) -> list[Resource]:
        """Old resources that the program did not register, and that an update which is limited leaves alone."""
        ledger = self._context.ledger
        return [
            item
            for item in self._context.snapshot.leftovers()
            if not (self._goes(item) or item.delete or item.urn in ledger.goals or item.urn in ledger.claimed)
        ]

    def keep(self, resources: Sequence[Resource]) -> None:
        """What is not meant stays as it is, and is told of."""
        for item in resources:
            step = Step(
                Op.SAME, item.urn, item.type, item, replace(item, id=""), internal=is_default(item.urn)
            )
            self._executor.run(step)

    def _goes(self, resource: Resource) -> bool:
        ledger = self._context.ledger
        registered = resource.urn in ledger.goals or resource.urn in ledger.claimed
        return (resource.delete or not registered) and self._context.options.targets.include(resource)

    def run(self, doomed: Sequence[Resource]) -> bool:
        """Delete what may be deleted; False if something failed or is protected. Raises `Cancelled`.

        What a resource that stays refers to stays, too, and nothing is said of it.
        """
        self._context.ledger.doomed.update(self._certain(doomed))
        staying: list[Resource] = []
        for layer in layers(doomed):
            going = set(map(id, not_held(doomed, staying)))
            free = [item for item in layer if id(item) in going]
            protected = [item for item in free if self._is_protected(item)]
            for resource in protected:
                self._refuse(resource)
            failed = self._layer([item for item in free if item not in protected])
            if failed and not self._context.options.continue_on_error:
                return False
            staying += protected + failed
        return not staying

    def _refuse(self, resource: Resource) -> None:
        self._executor.refuse(
            self._step(resource),
            f'resource "{resource.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, '
            "either remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, "
            f"or use the command:\n`pulumi state unprotect {resource.urn!r}`",
        )

    def _layer(self, resources: list[Resource]) -> list[Resource]:
        """Those of them that could not be deleted."""
        at_once = min(len(resources), 1 if self._context.options.preview else self._context.options.parallel)
        with ThreadPoolExecutor(max(at_once, 1)) as pool:
            gone = list(pool.map(self._one, resources))
        return [item for item, done in zip(resources, gone, strict=True) if not done]

    def _one(self, resource: Resource) -> bool:
        try:
            self._executor.run(self._step(resource))
        except StepError:
            return False
        except EngineError as error:
            self._context.error(str(error), resource.urn)
            return False
        return True

    def _step(self, resource: Resource) -> Step:
        return Step(
            self._op(resource), resource.urn, resource.type, resource, internal=is_default(resource.urn)
        )

    def _op(self, resource: Resource) -> Op:
        if resource.pending_replacement:
            return Op.REMOVE_PENDING_REPLACE
        if resource.delete:
            return Op.DISCARD_REPLACED if resource.external else Op.DELETE_REPLACED
        return Op.DISCARD if resource.external else Op.DELETE

    def _is_protected(self, resource: Resource) -> bool:
        kept = resource.protect and not self._context.options.ignore_protect
        return kept and not resource.delete and not resource.external

    def _certain(self, doomed: Sequence[Resource]) -> set[str]:
        """URNs of what goes unless something fails: neither protected itself nor needed by what is."""
        protected = [item for item in doomed if self._is_protected(item)]
        staying = held_by(protected, doomed) | {item.urn for item in protected}
        return {item.urn for item in doomed} - staying
