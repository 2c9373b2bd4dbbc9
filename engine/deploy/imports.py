"""Taking over a resource that exists already."""

from __future__ import annotations

from dataclasses import replace

from engine.deploy import check
from engine.deploy.context import Context
from engine.deploy.decide import settled
from engine.deploy.executor import Executor, StepError
from engine.deploy.goal import Goal
from engine.deploy.operations import timestamp
from engine.deploy.secrecy import concealed
from engine.errors import Bail
from engine.provider import Change, Diff, Provider, ProviderError
from engine.resource import Resource
from engine.step import Op, Step


class Importer:
    """Reads an existing resource into the state and refuses if the program wants it otherwise."""

    def __init__(self, context: Context, executor: Executor):
        self._context, self._executor = context, executor

    def run(self, goal: Goal, new: Resource, old: Resource | None, provider: Provider) -> Resource:
        """The imported resource. Raises `Bail` after reporting that there is none or that it would be replaced."""
        if goal.adopt:
            # No program says from which id it came, so none can change that.
            new = replace(new, import_id="")
        found = self._found(goal, new, provider)
        wanted = replace(new, id=found.id)
        inputs = found.inputs if goal.adopt else check.checked(self._context, provider, wanted, found.inputs)
        diff = Diff() if goal.adopt else self._differences(provider, found, wanted, inputs)
        op = Op.IMPORT if old is None else Op.IMPORT_REPLACEMENT
        imported = replace(
            found, inputs=found.inputs, protect=new.protect, dependencies=new.dependencies, parent=new.parent
        )
        step = Step(op, new.urn, new.type, old, imported)
        self._context.ledger.ops[new.urn] = op
        result = self._executor.adopt(step, new)
        if diff.replaces:
            paths = ", ".join(diff.replaces)
            self._context.error(
                f"imported resource '{new.urn}' may not be replaced: {paths} differ from the program's inputs; "
                "change the program to match the existing resource, or import with ignore_changes",
                new.urn,
            )
            raise Bail(f"{new.urn} would be replaced")
        if diff.change is Change.NONE:
            settled_state = replace(result, inputs=inputs)
            if not self._context.options.preview:
                self._context.snapshot.put(settled_state)
                self._context.snapshot.persist()
            return settled_state
        return self._updated(result, replace(wanted, inputs=inputs), diff)

    def _found(self, goal: Goal, new: Resource, provider: Provider) -> Resource:
        step = Step(Op.IMPORT, new.urn, new.type, None, new)
        try:
            read = provider.read(self._context.operation(new), new.type, goal.import_id, None, None)
        except ProviderError as error:
            self._executor.refuse(step, str(error))
            raise StepError(new.urn) from error
        if not read.id:
            self._executor.refuse(step, f"resource '{goal.import_id}' does not exist")
            raise StepError(new.urn)
        now = timestamp()
        return replace(
            new,
            id=read.id,
            inputs=read.inputs or {},
            outputs=concealed(read.outputs, read.inputs or {}, new.additional_secret_outputs),
            init_errors=list(read.init_errors),
            created=now,
            modified=now,
        )

    def _differences(
        self, provider: Provider, found: Resource, wanted: Resource, inputs: dict[str, object]
    ) -> Diff:
        operation = self._context.operation(wanted)
        diff = provider.diff(operation, wanted.type, found.id, found.inputs, found.outputs, inputs)
        return declared(settled(diff, found.inputs, inputs))

    def _updated(self, imported: Resource, wanted: Resource, diff: Diff) -> Resource:
        step = Step(
            Op.UPDATE, wanted.urn, wanted.type, imported, wanted, diffs=diff.changed, detailed=diff.detailed
        )
        result = self._executor.run(step)
        assert result is not None
        return result


def declared(diff: Diff) -> Diff:
    """The diff without what the program leaves out: that may be a default of the server, and stays as it is."""
    told = diff.detailed or {}
    taken = {path for path, item in told.items() if item.kind.startswith("delete")}
    detailed = {path: item for path, item in told.items() if path not in taken}
    replaces = tuple(path for path in diff.replaces if path not in taken)
    return replace(diff, detailed=detailed, replaces=replaces)
