"""What is written down about steps: that one is begun, and what came of it."""

from __future__ import annotations

from dataclasses import replace

from engine.deploy.context import Context
from engine.resource import PendingOperation, Resource
from engine.step import Op, Step
from engine.urn import is_provider

_BEGUN = {
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
_REMOVALS = frozenset(
    {Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE}
)


class Journal:
    """Keeps the state in step with the steps; previews leave no trace. May be used from any thread."""

    def __init__(self, context: Context):
        self._context, self._snapshot = context, context.snapshot

    def begin(self, step: Step) -> PendingOperation | None:
        """Returns when it is on disk that the step is begun; None if it needs no such note."""
        kind = _BEGUN.get(step.op)
        outside = step.resource.custom and not is_provider(step.resource.type)
        if kind is None or not outside or self._context.options.preview:
            return None
        resource = step.old if kind in ("updating", "deleting") else step.new
        assert resource is not None
        pending = PendingOperation(resource, kind)
        self._snapshot.begin(pending)
        return pending

    def give_up(self, pending: PendingOperation | None) -> None:
        """The step failed and changed nothing."""
        if pending is not None:
            self._snapshot.end(pending)

    def end(self, step: Step, result: Resource | None, pending: PendingOperation | None) -> None:
        """Returns when the outcome of the step is on disk, unless that is what is there already."""
        if self._context.options.preview:
            if _makes_room(step):
                self._context.ledger.olds[step.urn] = replace(step.resource, pending_replacement=True)
            return
        # Between the note and the outcome there must be no moment at which neither is written.
        with self._snapshot.together():
            worth_writing = self._record(step, result) or pending is not None
            self.give_up(pending)
        if worth_writing:
            self._snapshot.persist()

    def _record(self, step: Step, result: Resource | None) -> bool:
        snapshot = self._snapshot
        if _makes_room(step):
            # Deleted to make room: the entry stays, so that a later run knows what is missing.
            self._context.ledger.olds[step.urn] = snapshot.mark(step.resource, pending_replacement=True)
            return True
        if step.op in _REMOVALS:
            snapshot.drop(step.resource)
            return True
        return result is not None and snapshot.put(result, self._superseded(step))

    def superseded(self, step: Step) -> Resource | None:
        """The old state as a replacement leaves it: what still has to be deleted is marked so."""
        old = step.old
        made_room = (
            old is None
            or old.pending_replacement
            or old.external
            or old.urn in self._context.ledger.recreating
        )
        return old if old is None or made_room else replace(old, delete=True)

    def _superseded(self, step: Step) -> Resource | None:
        """The old state that makes way for the new one. What still has to be deleted stays, marked so."""
        old = step.old
        if step.op is not Op.CREATE_REPLACEMENT or old is None or old.pending_replacement or old.external:
            return old
        self._snapshot.mark(old, delete=True)
        return None


def _makes_room(step: Step) -> bool:
    """Whether something is deleted before its replacement is made."""
    return step.op is Op.DELETE_REPLACED and not step.resource.delete
