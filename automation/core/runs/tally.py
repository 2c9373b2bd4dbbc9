"""What was measured of one metric so far, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from automation.core.runs.measurement import Measurement, Outcome
from automation.core.runs.metric import Metric

_COUNTED = {
    Outcome.SUCCESSFUL: "successful",
    Outcome.FAILED: "failed",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.ERROR: "error",
}


@dataclass(frozen=True)
class Tally:
    """How often a metric was measured with which outcome; errors don't add to `count`. `measurements` are the last
    ones, `message` is that of the one which ended it."""

    outcome: Outcome = Outcome.RUNNING
    count: int = 0
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    consecutive_error: int = 0
    consecutive_success: int = 0
    measurements: tuple[Measurement, ...] = ()
    message: str = ""

    def counting(self, measurement: Measurement, retained: int) -> Tally:
        """The tally with one more measurement, of which no more than `retained` are remembered."""
        name, outcome = _COUNTED[measurement.outcome], measurement.outcome
        counted = replace(self, **{name: getattr(self, name) + 1})
        return replace(
            counted,
            count=self.count + (outcome is not Outcome.ERROR),
            consecutive_error=self.consecutive_error + 1 if outcome is Outcome.ERROR else 0,
            consecutive_success=self.consecutive_success + 1 if outcome is Outcome.SUCCESSFUL else 0,
            measurements=(*self.measurements, measurement)[-retained:],
        )

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Tally:
        """Read an item of `.status.metricResults`."""
        numbers = {field: int(document.get(name) or 0) for field, name in _NUMBERS.items()}
        return cls(
            outcome=Outcome(document.get("phase") or Outcome.RUNNING),
            measurements=tuple(Measurement.parse(one) for one in document.get("measurements") or ()),
            message=str(document.get("message") or ""),
            **numbers,
        )

    def document(self, name: str) -> dict[str, Any]:
        numbers = {written: getattr(self, field) for field, written in _NUMBERS.items()}
        told: dict[str, Any] = {"message": self.message}
        return {
            "name": name,
            "phase": str(self.outcome),
            "measurements": [one.document() for one in self.measurements],
            **{written: value for written, value in (numbers | told).items() if value},
        }


_NUMBERS = {
    "count": "count",
    "successful": "successful",
    "failed": "failed",
    "inconclusive": "inconclusive",
    "error": "error",
    "consecutive_error": "consecutiveError",
    "consecutive_success": "consecutiveSuccess",
}


def assessed(metric: Metric, tally: Tally, *, terminating: bool) -> Tally:
    """The tally with its outcome: once a metric has ended it stays so."""
    if tally.outcome.ended or not (tally.measurements or terminating):
        return tally
    outcome = _outcome(metric, tally, terminating=terminating)
    if outcome is tally.outcome:
        return tally
    last = tally.measurements[-1].message if tally.measurements else ""
    return replace(tally, outcome=outcome, message=last)


def _outcome(metric: Metric, tally: Tally, *, terminating: bool) -> Outcome:
    bad, _ = overstepped(metric, tally)
    if bad is not None:
        return bad
    limit = metric.consecutive_success_limit
    if limit and tally.consecutive_success >= limit:
        return Outcome.SUCCESSFUL
    if metric.measurements is not None and tally.count >= metric.measurements:
        return _at_the_end(metric)
    return Outcome.SUCCESSFUL if terminating else Outcome.RUNNING


def _at_the_end(metric: Metric) -> Outcome:
    """All measurements are made, no limit was overstepped, and the successes that were asked for did not come."""
    if not metric.consecutive_success_limit:
        return Outcome.SUCCESSFUL
    return Outcome.INCONCLUSIVE if metric.failure_limit >= 0 else Outcome.FAILED


def overstepped(metric: Metric, tally: Tally) -> tuple[Outcome | None, str]:
    """The limit that was overstepped, as the outcome that comes of it and in the model's words; of several the last."""
    found: tuple[Outcome | None, str] = None, ""
    if 0 <= metric.failure_limit < tally.failed:
        found = Outcome.FAILED, f"failed ({tally.failed}) > failureLimit ({metric.failure_limit})"
    if tally.inconclusive > metric.inconclusive_limit:
        limit = f"inconclusiveLimit ({metric.inconclusive_limit})"
        found = Outcome.INCONCLUSIVE, f"inconclusive ({tally.inconclusive}) > {limit}"
    if tally.consecutive_error > metric.consecutive_error_limit:
        limit = f"consecutiveErrorLimit ({metric.consecutive_error_limit})"
        found = Outcome.ERROR, f"consecutiveErrors ({tally.consecutive_error}) > {limit}"
    return found
