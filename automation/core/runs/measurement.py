"""One measurement: what was seen, and what the conditions of its metric say about it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from automation.core.conditions.condition import Condition
from automation.core.conditions.values import Unevaluated, Value
from automation.core.moments import timestamp, unix_seconds
from automation.core.runs.metric import Metric


class Outcome(StrEnum):
    """How a measurement, a metric or a whole analysis stands."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    ERROR = "Error"
    INCONCLUSIVE = "Inconclusive"

    @property
    def ended(self) -> bool:
        return self not in (Outcome.PENDING, Outcome.RUNNING)

    def worse_than(self, other: Outcome) -> bool:
        return _BADNESS.index(self) > _BADNESS.index(other)


_BADNESS = (
    Outcome.SUCCESSFUL,
    Outcome.RUNNING,
    Outcome.PENDING,
    Outcome.INCONCLUSIVE,
    Outcome.ERROR,
    Outcome.FAILED,
)
"""From the best to the worst."""


@dataclass(frozen=True)
class Measurement:
    """`at` is when it was made, in unix seconds, `value` what was seen as people read it, `message` why it is in
    error."""

    outcome: Outcome
    at: float
    value: str = ""
    message: str = ""

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Measurement:
        told = (str(document.get(name) or "") for name in ("value", "message"))
        return cls(Outcome(document["phase"]), unix_seconds(str(document["finishedAt"])), *told)

    def document(self) -> dict[str, Any]:
        at = timestamp(self.at)
        told = {"value": self.value, "message": self.message}
        return {
            "phase": str(self.outcome),
            "startedAt": at,
            "finishedAt": at,
            **{name: text for name, text in told.items() if text},
        }


def judged(metric: Metric, measured: Value, at: float) -> Measurement:
    """What a metric says about what was measured at `at`.

    A measurement for which both conditions have no word is inconclusive; without any condition it is a success. One
    condition alone decides both ways. A failure that is seen weighs more than a success.
    """
    try:
        outcome = _outcome(metric, measured)
    except _Unanswered as unanswered:
        return Measurement(Outcome.ERROR, at, shown(measured), str(unanswered))
    return Measurement(outcome, at, shown(measured))


def unmeasured(message: str, at: float) -> Measurement:
    """A measurement for which there was no answer."""
    return Measurement(Outcome.ERROR, at, message=message)


def shown(measured: Value) -> str:
    """What was measured, as the model writes it: `[0.95,1]`, `{"average":0.5}`."""
    if isinstance(measured, Mapping):
        return json.dumps(measured, sort_keys=True, separators=(",", ":"))
    if isinstance(measured, list | tuple):
        return f"[{','.join(map(shown, measured))}]"
    if isinstance(measured, float):
        return _number(measured)
    return "" if measured is None else str(measured)


def _number(value: float) -> str:
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


class _Unanswered(Exception):
    """A condition could not be asked. The text names it and says why."""


def _outcome(metric: Metric, measured: Value) -> Outcome:
    success = _asked("successCondition", metric.success, measured)
    failure = _asked("failureCondition", metric.failure, measured)
    if failure is None:
        return Outcome.FAILED if success is False else Outcome.SUCCESSFUL
    if failure:
        return Outcome.FAILED
    return Outcome.INCONCLUSIVE if success is False else Outcome.SUCCESSFUL


def _asked(field: str, condition: Condition | None, measured: Value) -> bool | None:
    if condition is None:
        return None
    try:
        return condition.holds(measured)
    except Unevaluated as unevaluated:
        why = str(unevaluated)
        if measured is None or measured in ([], ()):
            why = "metric result is nil or empty: no data returned from the metric provider"
        raise _Unanswered(f'could not evaluate {field} "{condition.text}": {why}') from None
