"""Displays for programs: the digest of a preview, and the stream of an update."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.display.sections import is_told
from engine.eventlog import EventLog
from engine.events import Diagnostic, Ended, Event, Prelude, StepDone, StepFailed, StepStarted, Summary
from engine.resource import Resource
from engine.state.fields import encode_resource
from engine.step import Op, Step
from engine.urn import ROOT_TYPE
from engine.values import blinded

Say = Callable[[str], None]


class DigestDisplay:
    """A listener that prints one JSON document when the preview has ended."""

    def __init__(self, say: Say):
        self._say = say
        self._steps: list[dict[str, Any]] = []
        self._diagnostics: list[dict[str, Any]] = []
        self._body: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case Prelude(config):
                self._body |= {"config": dict(config)} if config else {}
            case StepDone(step, _, True) if step.type == ROOT_TYPE or (not step.internal and is_told(step)):
                self._steps.append(_digest(step))
            case Diagnostic(severity, message, urn) if severity != "debug":
                self._diagnostics.append(
                    {**({"urn": urn} if urn else {}), "message": message, "severity": severity}
                )
            case Summary(_, seconds, changes):
                self._body |= {"duration": int(seconds * 1e9), "changeSummary": dict(changes)}
            case Ended():
                self._end()

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


def _digest(step: Step) -> dict[str, Any]:
    detailed = {
        path: {"kind": item.kind, "inputDiff": item.input_diff} for path, item in step.detailed.items()
    }
    body = {
        "op": str(step.op),
        "urn": step.urn,
        "provider": step.resource.provider,
        "oldState": _state(step.old),
        "newState": _state(_proposed(step)),
        "replaceReasons": list(step.keys),
        "detailedDiff": detailed or None,
    }
    return {name: value for name, value in body.items() if value or name in ("op", "urn", "detailedDiff")}


def _state(resource: Resource | None) -> dict[str, Any] | None:
    """The resource as a checkpoint has it, with secrets blinded."""
    if resource is None:
        return None
    inputs, outputs = blinded(resource.inputs), blinded(resource.outputs)
    return encode_resource(replace(resource, inputs=inputs, outputs=outputs), None)


def _proposed(step: Step) -> Resource | None:
    """The new state as far as it is a proposal: what comes of it is only known when it is done."""
    if step.new is None or step.op in (Op.SAME, Op.READ, Op.REFRESH):
        return step.new
    proposed = replace(step.new, id="", outputs={})
    return proposed if step.op is Op.UPDATE else replace(proposed, created="", modified="")
