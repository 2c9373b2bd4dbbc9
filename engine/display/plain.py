"""Plain lines: for pipes, logs and the Automation API."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from engine.display import sections, words
from engine.display.sections import Record
from engine.events import Ended, Event, PolicyLoad, Prelude, StepDone, StepFailed, StepStarted, counted_as
from engine.step import Op, Step
from engine.urn import ROOT_TYPE, Urn

Say = Callable[[str], None]
_LOADING = "Loading policy packs..."
_ENDING_LATE = (Op.CREATE, Op.UPDATE, Op.CREATE_REPLACEMENT, Op.REPLACE, Op.DELETE_REPLACED)


class PlainDisplay:
    """A listener that prints a row when something begins or ends with a resource, and the sections at the end."""

    def __init__(self, say: Say, record: Record, show_outputs: bool = True):
        self._say, self._record, self._show_outputs = say, record, show_outputs
        self._began: dict[str, float] = {}
        self._open: dict[str, Step] = {}
        self._told: dict[str, str] = {}
        self._loading = False

    def __call__(self, event: Event) -> None:
        self._record.note(event)
        match event:
            case PolicyLoad() if not self._loading:
                self._loading = True
                self._say(f"{_LOADING}: starting")
            case Prelude() if self._loading:
                self._say(f"{_LOADING}: done")
            case StepStarted(step, planning) if not step.internal and not sections.is_quiet(step.op):
                self._began.setdefault(step.urn, time.monotonic())
                if planning and step.op is not Op.REFRESH:
                    self._row(step, words.planned(step.op), self._differences(step))
                elif not planning:
                    self._row(step, words.doing(step.op), self._differences(step), timed=True)
            case StepDone(step, planning, counted) if not step.internal:
                if step.op is Op.REFRESH:
                    self._refreshed(step, planning, counted)
                    return
                if self._is_late(step, planning, counted):
                    return
                if planning and step.type == ROOT_TYPE and sections.is_quiet(step.op):
                    self._row(step, words.planned(step.op), "")
                elif not planning and not sections.is_quiet(step.op) and not _goes_silently(step):
                    self._done(step)
            case StepFailed(step, _) if not step.internal and not sections.is_quiet(step.op):
                self._row(step, words.failed(step.op), f"{words.differences(step)} 1 error".strip())
            case Ended():
                for step in self._open.values():
                    self._done(step)
                self._say("")
                for line in sections.lines(self._record, self._show_outputs):
                    self._say(line)

    def _done(self, step: Step) -> None:
        # Nothing happens when a component goes.
        timed = step.op is not Op.DELETE_REPLACED or step.resource.custom
        self._row(step, words.done(step.op), self._differences(step), timed)

    def _refreshed(self, step: Step, planning: bool, counted: bool) -> None:
        """What a refresh has found, if anything; where an update is to follow, only that it was looked."""
        op = Op(counted_as(step)) if counted else Op.REFRESH
        if op is not Op.SAME:
            status = words.planned(op) if planning else words.done(op)
            self._row(replace(step, op=op), status, self._differences(step), timed=not planning)

    def _is_late(self, step: Step, planning: bool, counted: bool) -> bool:
        """A component is done at the end, if it has not registered outputs before: then nothing is said."""
        if counted and not planning and not step.resource.custom and step.op in _ENDING_LATE:
            self._open[step.urn] = step
            return True
        if not counted and step.type != ROOT_TYPE:
            self._open.pop(step.urn, None)
        return not counted

    def _differences(self, step: Step) -> str:
        """What the row says of changes; that of an original goes on saying what its replacement said."""
        if step.op is Op.DELETE_REPLACED and step.resource.delete:
            return self._told.get(step.urn, "")
        told = words.differences(step)
        if told:
            self._told[step.urn] = told
        return told

    def _row(self, step: Step, status: str, info: str, timed: bool = False) -> None:
        parsed = Urn.parse(step.urn)
        if timed:
            spent = f"{time.monotonic() - self._began.get(step.urn, time.monotonic()):.2f}"
            status += " (0s)" if spent == "0.00" else f" ({spent}s)"
        if _leaves_behind(step):
            status += "[retain]"
        parts = [words.SIGNS[step.op].ljust(2), parsed.type, parsed.name, status, info]
        self._say(" " + " ".join(part for part in parts if part).rstrip())


def _leaves_behind(step: Step) -> bool:
    """Whether an object stays that no state knows of any more."""
    going = step.op in (Op.DELETE, Op.REPLACE, Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)
    return going and step.old is not None and step.old.retain_on_delete


def _goes_silently(step: Step) -> bool:
    """Nothing happens when a component goes."""
    return step.op is Op.DELETE and not step.resource.custom and step.type != ROOT_TYPE
