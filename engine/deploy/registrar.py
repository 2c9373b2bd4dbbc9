"""One registration from request to answer: admit it, find its old state, decide, act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine import urn as urns
from engine.deploy import aliases as alias_names
from engine.deploy import check, declare
from engine.deploy.changes import Changes
from engine.deploy.context import Context
from engine.deploy.decide import Circumstances, Fate, Verdict, after_diff, before_diff
from engine.deploy.defaults import Defaults, is_default, newest_versions
from engine.deploy.executor import Executor, StepError
from engine.deploy.goal import Goal, PackageKey, Reading
from engine.deploy.imports import Importer
from engine.deploy.ledger import Result
from engine.deploy.policing import Policing
from engine.deploy.providers import Providers, reference_of
from engine.deploy.references import references
from engine.errors import Bail, EngineError
from engine.events import StepDone
from engine.provider import Diff, Provider, ProviderError
from engine.resource import Resource
from engine.step import Op, Step
from engine.values import PropertyMap, has_unknown


class Aborted(Exception):
    """The run has come to an end: whoever still waits for an answer will not get one."""


@dataclass(frozen=True)
class Outcome:
    """The answer to a registration. An empty `id` means that it is not known, or that there is none."""

    urn: str
    id: str = ""
    outputs: PropertyMap = field(default_factory=dict)
    result: Result = Result.SUCCESS
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)


class Registrar:
    """Registers resources for a program. Every method may be called from any thread."""

    def __init__(self, context: Context, providers: Providers, executor: Executor, policing: Policing):
        self._context, self._providers, self._executor, self._policing = (
            context,
            providers,
            executor,
            policing,
        )
        self._ledger = context.ledger
        versions = newest_versions(context.snapshot.resources())
        self._defaults = Defaults(context.config, context.secret_keys, versions, self._register_default)
        self._changes = Changes(context, providers, executor)
        self._imports = Importer(context, executor)

    def register(self, goal: Goal) -> Outcome:
        """Bring a resource to its goal. Raises `Aborted` after a failure that ends the run (it has been reported)."""
        urn = self._urn_of(goal.type, goal.name, goal.parent)
        try:
            goal = self._admit(goal, urn)
            old = self._known(goal, urn)
            if self._ledger.is_blocked(declare.needed(goal)):
                self._ledger.failures[urn] = Result.SKIP
                return Outcome(urn, result=Result.SKIP)
            result = self._settle(goal, urn, old)
        except (StepError, Bail, EngineError, ProviderError) as error:
            return self._failed(goal, urn, error)
        return self._outcome(goal, result)

    def register_outputs(self, urn: str, outputs: PropertyMap) -> None:
        """Store what a component (or the stack itself) exports. Raises `EngineError` for an unknown URN."""
        known = self._ledger.results.get(urn)
        if known is None:
            raise EngineError(f"cannot complete a resource '{urn}' whose registration isn't pending")
        new = replace(known, outputs=outputs)
        self._ledger.results[urn] = new
        context = self._context
        if (
            not context.options.preview
            and context.snapshot.get(urn) is not None
            and context.snapshot.put(new)
        ):
            context.snapshot.persist()
        step = Step(self._ledger.ops.get(urn, Op.SAME), urn, new.type, self._ledger.olds.get(urn), new)
        context.events.emit(StepDone(step, context.options.preview, counted=False))

    def read(self, reading: Reading) -> Outcome:
        """Look up a resource that is managed elsewhere. Raises `Aborted` as `register` does."""
        urn = self._urn_of(reading.type, reading.name, reading.parent)
        goal = Goal(
            reading.type,
            reading.name,
            custom=True,
            parent=reading.parent,
            inputs=reading.inputs,
            provider=reading.provider,
            package=reading.package,
            dependencies=reading.dependencies,
            additional_secret_outputs=reading.additional_secret_outputs,
            source_position=reading.source_position,
            stack_trace=reading.stack_trace,
        )
        try:
            goal = self._admit(goal, urn)
            reference = self._provider_reference(goal)
            old = self._ledger.old_of(urn, ())
            new = replace(declare.resource(goal, urn, goal.inputs, reference), id=reading.id, external=True)
            result = self._changes.read(new, old)
        except (StepError, Bail, EngineError, ProviderError) as error:
            return self._failed(goal, urn, error)
        self._ledger.results[urn] = result
        return self._outcome(goal, result)

    def provider_for(self, token: str, reference: str, parent: str, key: PackageKey) -> Provider:
        """The provider that answers a function call: the named one, else the parent's, else the default one."""
        goal = self._ledger.goals.get(parent)
        inherited = goal.providers.get(key.package, "") if goal else ""
        return self._providers.get(reference or inherited or self._defaults.reference(key, token))

    def _urn_of(self, type: str, name: str, parent: str) -> str:
        return urns.make(self._context.stack, self._context.project, type, name, parent)

    def _admit(self, goal: Goal, urn: str) -> Goal:
        ledger = self._ledger
        parent = ledger.goals.get(goal.parent)
        if goal.parent and parent is None:
            raise EngineError(f"could not find parent resource {goal.parent}")
        goal = declare.inherited(goal, parent)
        with ledger.lock:
            if urn in ledger.goals:
                raise EngineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            ledger.goals[urn] = goal
        return goal

    def _provider_reference(self, goal: Goal) -> str:
        if not goal.custom or urns.is_provider(goal.type):
            return ""
        if not goal.provider:
            return self._defaults.reference(goal.package, self._urn_of(goal.type, goal.name, goal.parent))
        if not self._providers.knows(goal.provider):
            raise EngineError(f"unknown provider '{goal.provider}' for resource '{goal.name}'")
        return goal.provider

    def _register_default(self, goal: Goal) -> str:
        """Runs once per default provider; what fails fails for whoever waits for it."""
        urn = self._urn_of(goal.type, goal.name, "")
        self._admit(goal, urn)
        return reference_of(self._settle(goal, urn, self._known(goal, urn)))

    def _known(self, goal: Goal, urn: str) -> Resource | None:
        """Its old state, which from now on is nobody else's: it does not go along with another any more."""
        names = alias_names.candidates(goal, urn, self._ledger.aliases.get(goal.parent, ()))
        self._ledger.aliases[urn] = tuple(names)
        old = self._ledger.old_of(urn, names)
        return old and self._ledger.vacated(old)

    def _settle(self, goal: Goal, urn: str, old: Resource | None) -> Resource:
        """The resource as it is after its steps."""
        reference = self._provider_reference(goal)
        check.tell_of_unheld(self._context, goal, old, urn)
        new = declare.resource(goal, urn, check.with_ignored(goal, old), reference)
        if goal.import_id and not _is_imported(goal, old):
            result = self._imports.run(goal, new, old, self._providers.serving(new))
        else:
            result = self._brought_to(goal, new, old)
        self._ledger.results[result.urn] = result
        return result

    def _brought_to(self, goal: Goal, new: Resource, old: Resource | None) -> Resource:
        if not self._context.options.targets.include(new):
            return self._left_alone(goal, new, old)
        self._require_targeted(new)
        provider = self._providers.serving(new) if new.custom else None
        now = self._circumstances(new, old)
        fresh = old is None or now.recreating or now.forced or old.external
        if provider is not None:
            new = replace(
                new,
                inputs=check.checked(
                    self._context, provider, new, {} if fresh or old is None else old.inputs
                ),
            )
        new = self._policing.passed(goal, new)
        verdict = before_diff(old, new, now) or self._diffed(provider, old, new)
        return self._act(goal, verdict, new, old)

    def _left_alone(self, goal: Goal, new: Resource, old: Resource | None) -> Resource:
        """As it was, also for policies; what had to be deleted to make room for another is made again so."""
        if new.custom:
            new = replace(new, inputs=old.inputs if old else {})
        new = self._policing.passed(goal, new)
        if old is not None and old.urn in self._ledger.recreating:
            return self._changes.recreate(new, old)
        if old is not None:
            self._ledger.keep_name(old, goal)
        return self._changes.untargeted(new, old)

    def _circumstances(self, new: Resource, old: Resource | None) -> Circumstances:
        options, ledger = self._context.options, self._ledger
        return Circumstances(
            recreating=old is not None and (old.pending_replacement or old.urn in ledger.recreating),
            forced=old is not None
            and (old.taint or (bool(options.replaces) and options.replaces.names(new.urn))),
            linked=old is not None and bool(new.deleted_with) and new.deleted_with in ledger.replaced,
            moved=old is not None and self._moved(old, new),
        )

    def _moved(self, old: Resource, new: Resource) -> bool:
        """Whether the resource belongs to another provider, for which it has to be made anew."""
        if old.provider == new.provider or not old.provider or not new.provider:
            return False
        if is_default(urns.split_reference(old.provider)[0]) and is_default(
            urns.split_reference(new.provider)[0]
        ):
            return False
        return self._changes.needs_move(old, new)

    def _require_targeted(self, new: Resource) -> None:
        skipped = self._ledger.skipped
        for urn in (new.parent, *references(new)):
            if urn in skipped:
                text = (
                    f"Resource '{new.urn}' depends on '{urn}' which was was not specified in --target list."
                )
                raise EngineError(text)

    def _diffed(self, provider: Provider | None, old: Resource | None, new: Resource) -> Verdict:
        assert provider is not None
        assert old is not None
        if old.inputs == new.inputs and not has_unknown(new.inputs) and urns.is_provider(new.type):
            return after_diff(old, new, Diff())
        operation = self._context.operation(new)
        diff = provider.diff(operation, new.type, old.id, old.inputs, old.outputs, new.inputs)
        return after_diff(old, new, diff)

    def _act(self, goal: Goal, verdict: Verdict, new: Resource, old: Resource | None) -> Resource:
        match verdict.fate:
            case Fate.CREATE:
                return self._changes.create(new, old)
            case Fate.SAME:
                return self._changes.same(new, old)
            case Fate.UPDATE:
                return self._changes.update(new, old, verdict.diff)
            case Fate.REPLACE:
                return self._changes.replace(goal, new, old, verdict.diff)
            case Fate.RECREATE:
                return self._changes.recreate(new, old)
        raise AssertionError(f"{verdict.fate} is dealt with before")

    def _outcome(self, goal: Goal, result: Resource) -> Outcome:
        if not goal.custom:
            return Outcome(result.urn)
        return Outcome(
            result.urn, result.id, result.outputs, property_dependencies=result.property_dependencies
        )

    def _failed(self, goal: Goal, urn: str, error: Exception) -> Outcome:
        if not isinstance(error, StepError | Bail):
            self._context.error(str(error), urn)
        self._ledger.refused |= isinstance(error, Bail)
        self._ledger.misused |= isinstance(error, EngineError) and not isinstance(error, Bail)
        self._ledger.failures[urn] = Result.FAIL
        if self._context.options.continue_on_error and goal.reports_results:
            return Outcome(urn, result=Result.FAIL)
        raise Aborted(str(error)) from error


def _is_imported(goal: Goal, old: Resource | None) -> bool:
    """Whether it was taken over before. The id that the provider has for it may be another than the one it took."""
    return old is not None and not old.external and goal.import_id == (old.import_id or old.id)
