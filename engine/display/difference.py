"""`--diff`: each change as a tree of properties."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.display import sections, tree, words
from engine.display.sections import TOLD, Record, Told
from engine.events import Ended, Event, StepDone, StepFailed, StepStarted
from engine.step import Op, Step
from engine.urn import name_of

Say = Callable[[str], None]

_DEPTH = "    "


class DiffDisplay:
    """A listener that prints what each step changes, then the sections. Unchanged resources are left out."""

    def __init__(self, say: Say, record: Record, show_outputs: bool = True, told: Told = TOLD):
        self._say, self._record, self._show_outputs, self._told = say, record, show_outputs, told

    def __call__(self, event: Event) -> None:
        self._record.note(event)
        match event:
            case StepDone(step, True, True) | StepStarted(step, False) if not step.internal:
                if sections.is_told(step, self._told):
                    self._show(step)
            case StepFailed(step, _):
                self._say(f"  {words.failed(step.op)} {step.type} {name_of(step.urn)}")
            case Ended():
                self._say("")
                for line in sections.lines(self._record, self._show_outputs):
                    self._say(line)

    def _show(self, step: Step) -> None:
        for line in described(step):
            self._say(line)


def described(step: Step) -> Iterator[str]:
    """A step and its properties, a line at a time."""
    sign = words.SIGNS[step.op]
    yield f"{sign}{step.type}: ({words.planned(step.op) or step.op})"
    resource = step.old or step.new
    if resource is not None and resource.id:
        yield f"{_DEPTH}[id={resource.id}]"
    yield f"{_DEPTH}[urn={step.urn}]"
    if step.resource.provider:
        yield f"{_DEPTH}[provider={step.resource.provider}]"
    if step.keys:
        yield f"{_DEPTH}[replaced because of: {', '.join(step.keys)}]"
    yield from _properties(step)


def _properties(step: Step) -> Iterator[str]:
    old = step.old.inputs if step.old else {}
    new = step.new.inputs if step.new else {}
    if step.op is Op.REFRESH:
        old, new = (step.old.outputs if step.old else {}), (step.new.outputs if step.new else {})
    if step.op in (Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD):
        return
    if step.old is None or step.op in (Op.CREATE, Op.READ):
        yield from tree.properties(new)
        return
    yield from tree.changes(old, new, unchanged=False)
