"""Carries out steps: announces them, records what is begun, calls providers, stores what came of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.deploy import operations
from engine.deploy.context import Context
from engine.deploy.hooks import Failure, HookCall, Hooks
from engine.deploy.operations import PartlyDone
from engine.deploy.providers import Providers
from engine.deploy.step import Op, Step
from engine.events import Diagnostic, StepDone, StepFailed, StepStarted
from engine.provider import Provider, ProviderError
from engine.resource import PendingOperation, Resource

PENDING = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading",
    Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing",
}
REMOVALS = frozenset(
    {Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE}
)


class StepError(Exception):
    """A step failed; what went wrong has been reported. `resource` is what exists nevertheless."""

    def __init__(self, urn: str, resource: Resource | None = None):
        super().__init__(f"a step of {urn} failed")
        self.urn, self.resource = urn, resource


class Executor:
    """Runs steps of one operation, at most `options.parallel` at once. May be used from any thread."""

    def __init__(self, context: Context, providers: Providers, hooks: Hooks):
        self._context, self._providers, self._hooks = context, providers, hooks
        self._slots = threading.BoundedSemaphore(context.options.parallel)

    def announce(self, step: Step) -> None:
        """A step that is only told of, because others do its work (a replacement as a whole)."""
        planning = self._context.options.preview
        self._context.events.emit(StepStarted(step, planning))
        self._context.events.emit(StepDone(step, planning))

    def run(self, step: Step) -> Resource | None:
        """Do a step and record it. Returns the new state; raises `StepError` or `Cancelled`."""
        context = self._context
        planning = context.options.preview
        context.cancellation.check()
        with self._slots:
            context.events.emit(StepStarted(step, planning))
            try:
                result = self._attempts(step)
            except PartlyDone as error:
                self._report(step, self._unready_text(step, error))
                self._store(step, error.resource)
                raise StepError(step.urn, error.resource) from error
            except (ProviderError, _HookFailed) as error:
                if isinstance(error, _HookFailed):
                    self._store(step, error.resource)
                self._report(step, str(error))
                raise StepError(step.urn) from error
            self._store(step, result)
        done = replace(step, new=result) if result is not None else step
        context.events.emit(StepDone(done, planning))
        return result

    def _attempts(self, step: Step) -> Resource | None:
        errors: tuple[str, ...] = ()
        while True:
            try:
                return self._once(step)
            except ProviderError as error:
                errors = (str(error), *errors)
                names = step.resource.resource_hooks.get("on_error", [])
                kind = _verb(step.op)
                if not names or not kind or self._context.options.preview:
                    raise
                if not self._hooks.wants_retry(names, Failure(kind, step.resource, step.old, errors)):
                    raise

    def _once(self, step: Step) -> Resource | None:
        verb = _verb(step.op)
        if verb:
            self._hook(f"before_{verb}", step, None)
        with self._pending(step):
            result = self._perform(step)
        if verb:
            try:
                self._hook(f"after_{verb}", step, result)
            except ProviderError as error:
                raise _HookFailed(str(error), result) from error
        return result

    def _perform(self, step: Step) -> Resource | None:
        context = self._context
        match step.op:
            case Op.CREATE | Op.CREATE_REPLACEMENT:
                return operations.create(context, self._provider(step), step)
            case Op.UPDATE:
                return operations.update(context, self._provider(step), step)
            case Op.SAME:
                return operations.same(step)
            case Op.READ | Op.READ_REPLACEMENT:
                provider = self._provider(step)
                assert provider is not None
                return operations.read(context, provider, step)
            case Op.DELETE | Op.DELETE_REPLACED:
                self._delete(step)
                return None
            case Op.IMPORT | Op.IMPORT_REPLACEMENT:
                return step.new
            case _:
                return None

    def _delete(self, step: Step) -> None:
        resource = step.resource
        if (
            self._context.options.preview
            or not resource.custom
            or resource.retain_on_delete
            or resource.external
        ):
            return
        if resource.deleted_with and self._is_gone(resource.deleted_with):
            return
        operations.delete(self._context, self._providers.serving(resource), resource)

    def _is_gone(self, urn: str) -> bool:
        """Whether what a resource is deleted with goes in this operation, too."""
        ledger = self._context.ledger
        return urn not in ledger.goals or urn in ledger.replaced

    def _provider(self, step: Step) -> Provider | None:
        return self._providers.serving(step.resource) if step.resource.custom else None

    def _hook(self, moment: str, step: Step, done: Resource | None) -> None:
        names = step.resource.resource_hooks.get(moment)
        if names:
            call = HookCall(moment, step.urn, (done or step.resource).id, step.old, step.new, done)
            self._hooks.run(names, call, self._context)

    @contextmanager
    def _pending(self, step: Step) -> Iterator[None]:
        kind = PENDING.get(step.op)
        if (
            kind is None
            or self._context.options.preview
            or not step.resource.custom
            or step.resource.type.startswith("pulumi:providers:")
        ):
            yield
            return
        resource = step.old if kind in ("updating", "deleting") else step.new
        assert resource is not None
        pending = PendingOperation(resource, kind)
        self._context.snapshot.begin(pending)
        try:
            yield
        finally:
            self._context.snapshot.end(pending)

    def _store(self, step: Step, result: Resource | None) -> None:
        snapshot = self._context.snapshot
        if result is not None and urn_is_provider(result):
            self._providers.learn(result)
        if self._context.options.preview:
            return
        if step.op is Op.DELETE_REPLACED and not step.resource.delete:
            # Deleted to make room: the entry stays, so that a later run knows what is missing.
            self._context.ledger.olds[step.urn] = snapshot.mark(step.resource, pending_replacement=True)
            snapshot.persist()
        elif step.op in REMOVALS:
            snapshot.drop(step.resource)
            snapshot.persist()
        elif result is not None and (snapshot.put(result, self._superseded(step)) or step.op is not Op.SAME):
            snapshot.persist()

    def _superseded(self, step: Step) -> Resource | None:
        """The old state that makes way for the new one. What still has to be deleted stays, marked so."""
        old = step.old
        if step.op is not Op.CREATE_REPLACEMENT or old is None or old.pending_replacement or old.external:
            return old
        self._context.snapshot.mark(old, delete=True)
        return None

    def _report(self, step: Step, text: str) -> None:
        events = self._context.events
        events.emit(Diagnostic("error", text, step.urn))
        events.emit(StepFailed(step, self._context.options.preview))

    def _unready_text(self, step: Step, error: PartlyDone) -> str:
        reasons = "".join(f"\n\t* {reason}" for reason in error.reasons)
        return (
            f"{len(error.reasons)} error{'s' if len(error.reasons) != 1 else ''} occurred:{reasons}"
            if reasons
            else str(error)
        )


class _HookFailed(Exception):
    """A hook after a step failed: the step itself is done."""

    def __init__(self, message: str, resource: Resource | None):
        super().__init__(message)
        self.resource = resource


def urn_is_provider(resource: Resource) -> bool:
    return resource.type.startswith("pulumi:providers:")


def _verb(op: Op) -> str:
    match op:
        case Op.CREATE | Op.CREATE_REPLACEMENT:
            return "create"
        case Op.UPDATE:
            return "update"
        case Op.DELETE | Op.DELETE_REPLACED:
            return "delete"
    return ""
