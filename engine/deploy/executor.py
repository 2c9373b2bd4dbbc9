"""Carries out steps: announces them, records what is begun, calls providers, stores what came of it."""

from __future__ import annotations

import threading
from dataclasses import replace

from engine.deploy import operations
from engine.deploy.context import Context
from engine.deploy.hooks import Failure, HookCall, Hooks
from engine.deploy.journal import Journal
from engine.deploy.operations import PartlyDone
from engine.deploy.providers import Providers
from engine.errors import EngineError
from engine.events import Diagnostic, StepDone, StepFailed, StepStarted
from engine.provider import Provider, ProviderError
from engine.resource import Resource
from engine.step import Op, Step
from engine.urn import is_provider

RETRIES = 100
"""How often error hooks can ask for another attempt."""


class StepError(Exception):
    """A step failed; what went wrong has been reported. `resource` is what exists nevertheless."""

    def __init__(self, urn: str, resource: Resource | None = None):
        super().__init__(f"a step of {urn} failed")
        self.urn, self.resource = urn, resource


class Executor:
    """Runs steps of one operation, at most `options.parallel` at once. May be used from any thread."""

    def __init__(self, context: Context, providers: Providers, hooks: Hooks):
        self._context, self._providers, self._hooks = context, providers, hooks
        self._journal = Journal(context)
        self._slots = threading.BoundedSemaphore(context.options.parallel)

    def announce(self, step: Step) -> None:
        """A step that is only told of, because others do its work (a replacement as a whole)."""
        planning = self._context.options.preview
        self._context.events.emit(StepStarted(step, planning))
        self._context.events.emit(StepDone(step, planning))

    def adopt(self, step: Step, wanted: Resource) -> Resource:
        """Record what has been found; `wanted` is what was known of it before. Raises `StepError` or `Cancelled`."""
        planning = self._context.options.preview
        self._context.cancellation.check()
        self._context.events.emit(StepStarted(replace(step, new=wanted), planning))
        result = self._recorded(step)
        assert result is not None
        self._context.events.emit(StepDone(replace(step, new=result, old=result), planning))
        return result

    def run(self, step: Step) -> Resource | None:
        """Do a step and record it. Returns the new state; raises `StepError` or `Cancelled`."""
        context = self._context
        planning = context.options.preview
        context.cancellation.check()
        with self._slots:
            context.events.emit(StepStarted(step, planning))
            result = self._recorded(step)
        done = replace(step, new=result) if result is not None else step
        if step.op is Op.CREATE_REPLACEMENT:
            done = replace(done, old=self._journal.superseded(step))
        context.events.emit(StepDone(done, planning))
        return result

    def _recorded(self, step: Step) -> Resource | None:
        """Do it between two entries of the journal, and report what goes wrong."""
        pending = self._journal.begin(step)
        try:
            result = self._attempts(step)
        except PartlyDone as error:
            self._journal.end(step, error.resource, pending)
            wanted = replace(error.resource, inputs=step.resource.inputs)
            self._report(replace(step, new=wanted), _unready_text(error))
            raise StepError(step.urn, error.resource) from error
        except _HookFailed as error:
            self._journal.end(step, error.resource, pending)
            self._report(replace(step, new=error.resource or step.new), str(error))
            raise StepError(step.urn, error.resource) from error
        except ProviderError as error:
            self._journal.give_up(pending)
            self._report(_identified(step), str(error))
            raise StepError(step.urn) from error
        except EngineError:
            self._journal.give_up(pending)
            raise
        if result is not None and is_provider(result.type):
            self._providers.learn(result)
        self._journal.end(step, result, pending)
        return result

    def _attempts(self, step: Step) -> Resource | None:
        errors: tuple[str, ...] = ()
        while True:
            try:
                return self._once(step)
            except ProviderError as error:
                errors = (str(error), *errors)
                if not self._is_tried_again(step, errors):
                    raise

    def _is_tried_again(self, step: Step, errors: tuple[str, ...]) -> bool:
        """Whether the resource's error hooks want another attempt after these errors, newest first."""
        names, verb = step.resource.resource_hooks.get("on_error", []), _verb(step.op)
        if not names or not verb:
            return False
        if len(errors) > RETRIES:
            self._context.warn(f"maximum number of error hook retries ({RETRIES}) reached", step.urn)
            return False
        if not self._hooks.wants_retry(names, Failure(verb, step.resource, step.old, errors)):
            return False
        told = f"retrying {verb} due to on-error hook request ({len(errors)}/{RETRIES})"
        self._context.warn(told, step.urn)
        return True

    def _once(self, step: Step) -> Resource | None:
        verb = _verb(step.op)
        if verb:
            self._hook(f"before_{verb}", step, None)
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
        if resource.deleted_with not in self._context.ledger.doomed:
            operations.delete(self._context, self._providers.serving(resource), resource)

    def _provider(self, step: Step) -> Provider | None:
        return self._providers.serving(step.resource) if step.resource.custom else None

    def _hook(self, moment: str, step: Step, done: Resource | None) -> None:
        names = step.resource.resource_hooks.get(moment)
        if names:
            call = HookCall(moment, step.urn, (done or step.resource).id, step.old, step.new, done)
            self._hooks.run(names, call, self._context)

    def _report(self, step: Step, text: str) -> None:
        events, planning = self._context.events, self._context.options.preview
        events.emit(Diagnostic("error", f"Preview failed: {text}" if planning else text, step.urn))
        if not planning:
            events.emit(StepFailed(step, planning))

    def refuse(self, step: Step, text: str) -> None:
        """Tell of a step that may not be done."""
        self._context.events.emit(StepStarted(step, self._context.options.preview))
        self._report(step, text)


def _identified(step: Step) -> Step:
    """An update that failed, with the id that the resource has all the same."""
    if step.op is not Op.UPDATE or step.new is None or step.old is None:
        return step
    return replace(step, new=replace(step.new, id=step.old.id))


class _HookFailed(Exception):
    """A hook after a step failed: the step itself is done."""

    def __init__(self, message: str, resource: Resource | None):
        super().__init__(message)
        self.resource = resource


def _unready_text(error: PartlyDone) -> str:
    count = len(error.reasons)
    reasons = "".join(f"\n\t* {reason}" for reason in error.reasons)
    return f"{count} error{'' if count == 1 else 's'} occurred:{reasons}\n\n" if reasons else str(error)


def _verb(op: Op) -> str:
    match op:
        case Op.CREATE | Op.CREATE_REPLACEMENT:
            return "create"
        case Op.UPDATE:
            return "update"
        case Op.DELETE | Op.DELETE_REPLACED:
            return "delete"
    return ""
