"""Plain lines: for pipes, logs and the Automation API."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.display import sections, words
from engine.display.sections import Record
from engine.events import Ended, Event, StepDone, StepFailed, StepStarted
from engine.step import Op, Step
from engine.urn import ROOT_TYPE, Urn

Say = Callable[[str], None]


class PlainDisplay:
    """A listener that prints a row when something begins or ends with a resource, and the sections at the end."""

    def __init__(self, say: Say, record: Record, show_outputs: bool = True, progress: bool = True):
        self._say, self._record = say, record
        self._show_outputs, self._progress = show_outputs, progress
        self._began: dict[str, float] = {}
        self._open: dict[str, Step] = {}

    def __call__(self, event: Event) -> None:
        self._record.note(event)
        match event:
            case StepStarted(step, planning) if not step.internal and not sections.is_quiet(step.op):
                self._began.setdefault(step.urn, time.monotonic())
                if not planning:
                    self._row(step.op, step.urn, words.doing(step.op), words.differences(step), timed=True)
            case StepDone(step, planning, counted) if not step.internal:
                if self._is_late(step, planning, counted):
                    return
                if planning and (words.planned(step.op) or step.type == ROOT_TYPE):
                    self._row(step.op, step.urn, words.planned(step.op), words.differences(step))
                elif not planning and not sections.is_quiet(step.op):
                    self._row(step.op, step.urn, words.done(step.op), words.differences(step), timed=True)
            case StepFailed(step, _) if not step.internal:
                self._row(step.op, step.urn, words.failed(step.op), "1 error")
            case Ended():
                for step in self._open.values():
                    self._row(step.op, step.urn, words.done(step.op), words.differences(step), timed=True)
                self._say("")
                for line in sections.lines(self._record, self._show_outputs):
                    self._say(line)

    def _is_late(self, step: Step, planning: bool, counted: bool) -> bool:
        """A component is done when its children are: when it registers outputs, or at the end."""
        if counted and not planning and not step.resource.custom and step.op in (Op.CREATE, Op.UPDATE):
            self._open[step.urn] = step
            return True
        return not counted and self._open.pop(step.urn, None) is None

    def _row(self, op: Op, urn: str, status: str, info: str, timed: bool = False) -> None:
        if not self._progress:
            return
        parsed = Urn.parse(urn)
        spent = f"({time.monotonic() - self._began.get(urn, time.monotonic()):.2f}s)" if timed else ""
        spent = "(0s)" if spent == "(0.00s)" else spent
        parts = [words.SIGNS[op].ljust(2), parsed.type, parsed.name, status, spent, info]
        self._say(" " + " ".join(part for part in parts if part).rstrip())
