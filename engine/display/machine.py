"""Displays for programs: the digest of a preview, and the stream of an update."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine.eventjson import state_of
from engine.eventlog import EventLog
from engine.events import Diagnostic, Ended, Event, Prelude, StepDone, Summary
from engine.step import Step

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
                self._body["config"] = dict(config)
            case StepDone(step, _, True):
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
    """A listener that prints each event as a line of JSON."""

    def __init__(self, say: Say):
        super().__init__(_Printed(say))


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
        "oldState": state_of(step.old) if step.old else None,
        "newState": state_of(step.new) if step.new else None,
        "diffReasons": list(step.diffs),
        "replaceReasons": list(step.keys),
        "detailedDiff": detailed or None,
    }
    return {name: value for name, value in body.items() if value or name in ("op", "urn", "detailedDiff")}
