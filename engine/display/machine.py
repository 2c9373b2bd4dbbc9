"""Displays for programs: the digest of a preview, and the stream of an update."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.display.sections import TOLD, Told, is_told
from engine.eventlog import EventLog
from engine.events import (
    Diagnostic,
    Ended,
    Event,
    Prelude,
    StepDone,
    StepFailed,
    StepStarted,
    Summary,
    counted_as,
)
from engine.resource import Resource
from engine.state.fields import encode_resource
from engine.step import Op, Step
from engine.urn import ROOT_TYPE
from engine.values import blinded

Say = Callable[[str], None]


class DigestDisplay:
    """A listener that prints one JSON document when the preview has ended.

    Each step is told as it begins, so that nothing is in it that only comes of it; a refresh by what it finds.
    """

    def __init__(self, say: Say, told: Told = TOLD):
        self._say, self._told = say, told
        self._steps: list[dict[str, Any]] = []
        self._diagnostics: list[dict[str, Any]] = []
        self._body: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case Prelude(config):
                self._body |= {"config": dict(config)} if config else {}
            case StepStarted(step) if step.op is not Op.REFRESH and self._shows(step):
                self._steps.append(_digest(step))
            case StepDone(step, _, counted) if step.op is Op.REFRESH and self._shows(step):
                self._steps.append(_digest(_found(step, counted)))
            case Diagnostic(severity, message, urn) if severity != "debug":
                self._diagnostics.append(
                    {**({"urn": urn} if urn else {}), "message": message, "severity": severity}
                )
            case Summary(_, seconds, changes):
                self._body |= {"duration": int(seconds * 1e9), "changeSummary": dict(changes)}
            case Ended():
                self._end()

    def _shows(self, step: Step) -> bool:
        return step.type == ROOT_TYPE or (not step.internal and is_told(step, self._told))

    def _end(self) -> None:
        body = {"steps": self._steps, "diagnostics": self._diagnostics, **self._body}
        for line in json.dumps(body, indent=4, ensure_ascii=False).split("\n"):
            self._say(line)


class StreamDisplay(EventLog):
    """A listener that prints each event as a line of JSON, without those of default providers."""

    def __init__(self, say: Say):
        super().__init__(_Printed(say))

    def __call__(self, event: Event) -> None:
        if not (isinstance(event, StepStarted | StepDone | StepFailed) and event.step.internal):
            super().__call__(event)


class _Printed:
    def __init__(self, say: Say):
        self._say = say

    def write(self, text: str) -> None:
        self._say(text)

    def close(self) -> None:
        return


def _found(step: Step, counted: bool) -> Step:
    """A refresh as the change that it finds; where it finds none, or an update follows, that it looks."""
    result = Op(counted_as(step))
    if counted and result in (Op.UPDATE, Op.DELETE):
        return replace(step, op=result)
    return replace(step, new=step.old, detailed=None)


def _digest(step: Step) -> dict[str, Any]:
    changes = step.detailed or {}
    detailed = {path: {"kind": item.kind, "inputDiff": item.input_diff} for path, item in changes.items()}
    body = {
        "op": str(step.op),
        "urn": step.urn,
        "provider": step.resource.provider,
        "oldState": _state(step.old),
        "newState": _state(_dated(step)),
        "replaceReasons": list(step.keys),
        "detailedDiff": None if step.detailed is None else detailed,
    }
    return {name: value for name, value in body.items() if value or name in ("op", "urn", "detailedDiff")}


def _state(resource: Resource | None) -> dict[str, Any] | None:
    """The resource as a checkpoint has it, with secrets blinded."""
    if resource is None:
        return None
    inputs, outputs = blinded(resource.inputs), blinded(resource.outputs)
    return encode_resource(replace(resource, inputs=inputs, outputs=outputs), None)


def _dated(step: Step) -> Resource | None:
    """The new state; what has not been done yet has the times of the old one."""
    if step.new is None or step.old is None or step.new.created:
        return step.new
    return replace(step.new, created=step.old.created, modified=step.old.modified)
