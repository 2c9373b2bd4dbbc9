"""The steps that each fate of a resource is made of."""

from __future__ import annotations

from dataclasses import replace as changed

from engine import urn as urns
from engine.deploy import check
from engine.deploy.context import Context
from engine.deploy.defaults import is_default
from engine.deploy.executor import Executor
from engine.deploy.goal import Goal
from engine.deploy.providers import ProviderResources, Providers, reference_of
from engine.deploy.replacements import dependents
from engine.errors import Bail, EngineError
from engine.provider import Change, Diff
from engine.resource import Resource
from engine.step import Op, Step
from engine.values import UNKNOWN, PropertyMap, has_unknown


class Changes:
    """Makes and runs the steps of one resource. Every method returns its new state and may raise `StepError`."""

    def __init__(self, context: Context, providers: Providers, executor: Executor):
        self._context, self._providers, self._executor = context, providers, executor
        self._ledger = context.ledger

    def create(self, new: Resource, old: Resource | None) -> Resource:
        """Create it. An old state can only be that of something that was merely read so far."""
        if old is None:
            return self._run(Op.CREATE, new, None)
        self._announce(Op.REPLACE, new, old, Diff())
        return self._run(Op.CREATE_REPLACEMENT, new, old)

    def same(self, new: Resource, old: Resource | None) -> Resource:
        return self._run(Op.SAME, new, old)

    def update(self, new: Resource, old: Resource | None, diff: Diff) -> Resource:
        return self._run(Op.UPDATE, new, old, diff)

    def recreate(self, new: Resource, old: Resource | None) -> Resource:
        """Create it anew after it was deleted to make room for something else."""
        keys = self._ledger.recreating.get(old.urn, ()) if old else ()
        diff = Diff(Change.SOME, replaces=keys)
        self._ledger.replaced.add(new.urn)
        self._announce(Op.REPLACE, new, old, Diff())
        return self._run(Op.CREATE_REPLACEMENT, new, old, diff)

    def replace(self, goal: Goal, new: Resource, old: Resource | None, diff: Diff) -> Resource:
        """Create a successor and have the old one deleted: at the end, or first where both cannot exist at once."""
        assert old is not None
        self._require_unprotected(old, new)
        if new.custom:
            provider = self._providers.serving(new)
            raw = changed(new, inputs=check.with_ignored(goal, old))
            new = changed(new, inputs=check.checked(self._context, provider, raw, {}))
        self._ledger.replaced.add(new.urn)
        first = (
            diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        )
        if first:
            self._make_room(old, diff)
            old = self._ledger.olds.get(old.urn, old)
            self._announce(Op.REPLACE, new, old, diff)
            return self._run(Op.CREATE_REPLACEMENT, new, old, diff)
        result = self._run(Op.CREATE_REPLACEMENT, new, old, diff)
        condemned = changed(old, delete=True)
        self._ledger.condemned.append(condemned)
        self._announce(Op.REPLACE, result, condemned, diff)
        return result

    def read(self, new: Resource, old: Resource | None) -> Resource:
        """Look it up. One that was managed so far is let go of, not deleted."""
        if new.id == "" or has_unknown(new.id):
            return changed(new, id="", outputs=dict.fromkeys(new.inputs, UNKNOWN))
        replacing = old is not None and not old.external
        return self._run(Op.READ_REPLACEMENT if replacing else Op.READ, new, old)

    def untargeted(self, new: Resource, old: Resource | None) -> Resource:
        """Leave it as it is; one that does not exist is shown as unchanged and left out of the state."""
        if old is not None:
            self._require_provider(old, new)
            return self._run(Op.SAME, changed(old, id=""), old)
        self._ledger.skipped.add(new.urn)
        self._announce(Op.SAME, new, new, Diff())
        return new

    def _require_provider(self, old: Resource, new: Resource) -> None:
        """What stays as it is needs the provider that it has."""
        registered = self._ledger.results.get(urns.split_reference(old.provider)[0])
        if old.provider in ("", new.provider) or (registered and old.provider == reference_of(registered)):
            return
        raise EngineError(
            f"provider {old.provider} for resource {new.urn} has not been registered yet, this is due to a change of "
            "providers mixed with --target. Change your program back to the original providers"
        )

    def needs_move(self, old: Resource, new: Resource) -> bool:
        """Whether the provider's own diff says that what it made cannot be taken over by the new provider."""
        before = self._provider_resource(old.provider)
        after = self._ledger.results.get(urns.split_reference(new.provider)[0])
        if before is None or after is None:
            return True
        if before.type != after.type:
            return True
        operation = self._context.operation(new)
        diff = ProviderResources(self._providers.package(urns.package_of(after.type))).diff(
            operation, after.type, before.id, before.inputs, before.outputs, after.inputs
        )
        return bool(diff.replaces)

    def _provider_resource(self, reference: str) -> Resource | None:
        urn, id = urns.split_reference(reference)
        held = self._context.snapshot.resources()
        return next((item for item in held if item.urn == urn and item.id == id), self._ledger.olds.get(urn))

    def _make_room(self, old: Resource, diff: Diff) -> None:
        found = dependents(old, self._ledger.unregistered(), self._diff_of)
        if not self._context.options.ignore_protect:
            _require_free(old, [resource for resource, _ in reversed(found)])
        with self._ledger.making_room(old, diff.replaces, found) as going:
            for resource in reversed(going):
                self._executor.run(Step(Op.DELETE_REPLACED, resource.urn, resource.type, resource))
            self._executor.run(self._step(Op.DELETE_REPLACED, None, old, Diff()))

    def _diff_of(self, resource: Resource, inputs: PropertyMap) -> Diff:
        provider = self._providers.serving(resource)
        operation = self._context.operation(resource)
        return provider.diff(operation, resource.type, resource.id, resource.inputs, resource.outputs, inputs)

    def _require_unprotected(self, old: Resource, new: Resource) -> None:
        if old.protect and new.protect and not self._context.options.ignore_protect:
            self._context.error(
                f'unable to replace resource "{old.urn}"\nas it is currently marked for protection. '
                "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program "
                "and run `pulumi up`",
                old.urn,
            )
            self._ledger.refused = True
            if self._context.options.preview:
                return
            raise Bail(f"{old.urn} is protected")

    def _run(self, op: Op, new: Resource, old: Resource | None, diff: Diff | None = None) -> Resource:
        self._ledger.ops[new.urn] = op
        result = self._executor.run(self._step(op, new, old, diff or Diff()))
        assert result is not None
        return result

    def _announce(self, op: Op, new: Resource, old: Resource | None, diff: Diff) -> None:
        self._executor.announce(self._step(op, new, old, diff))

    def _step(self, op: Op, new: Resource | None, old: Resource | None, diff: Diff) -> Step:
        subject = new or old
        assert subject is not None
        return Step(
            op,
            subject.urn,
            subject.type,
            old,
            new,
            keys=diff.replaces,
            diffs=diff.changed,
            detailed=diff.detailed,
            internal=is_default(subject.urn),
        )


def _require_free(root: Resource, dependents: list[Resource]) -> None:
    """Raises `EngineError` if one of those that would go with a replaced resource is protected."""
    for resource in dependents:
        if resource.protect:
            raise EngineError(
                f'unable to replace resource "{resource.urn}" as part of replacing "{root.urn}" as it is currently '
                "marked for protection. To unprotect the resource, remove the `protect` flag from the resource in "
                "your Pulumi program and run `pulumi up`, or use the command:\n"
                f"`pulumi state unprotect {resource.urn!r}`"
            )
