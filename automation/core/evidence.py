"""Why traffic was moved: the checks of the tick that decided it, with their values and bounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from automation.core.analysis import Analysis
from automation.core.strategies.registry import strategy_of
from automation.core.traffic import Traffic

CheckKind = Literal["metric", "analysis", "step", "hook", "readiness"]


@dataclass(frozen=True)
class CheckResult:
    """One check and its outcome. `value` and the bounds are in the check's own unit (percent, milliseconds, …);
    only metrics have them: an analysis goes by conditions, and a step was completed. `detail` is the sentence for
    people: why it failed, or what passed."""

    name: str
    kind: CheckKind
    passed: bool
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    detail: str = ""

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "CheckResult":
        return cls(
            str(document["name"]),
            document.get("kind", "metric"),
            bool(document["passed"]),
            document.get("value"),
            document.get("min"),
            document.get("max"),
            str(document.get("detail", "")),
        )

    def document(self) -> dict[str, Any]:
        """JSON has no infinity: such a value is left to the detail."""
        value = self.value if self.value is None or isfinite(self.value) else None
        bounds = {"value": value, "min": self.minimum, "max": self.maximum, "detail": self.detail or None}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"name": self.name, "kind": self.kind, "passed": self.passed, **given}


@dataclass(frozen=True)
class Evidence:
    """What a move rests on. `measured_at` is RFC 3339; `approvals` names who let it pass."""

    from_: Traffic
    to: Traffic
    checks: tuple[CheckResult, ...] = ()
    approvals: tuple[str, ...] = ()
    measured_at: str = ""

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Evidence":
        return cls(
            Traffic.parse(document["from"]),
            Traffic.parse(document["to"]),
            tuple(CheckResult.parse(check) for check in document.get("checks", ())),
            tuple(document.get("approvals", ())),
            str(document.get("measuredAt", "")),
        )

    def document(self) -> dict[str, Any]:
        return {
            "from": self.from_.document(),
            "to": self.to.document(),
            "checks": [check.document() for check in self.checks],
            "approvals": list(self.approvals),
            "measuredAt": self.measured_at,
        }

    def annotation(self, analysis: Analysis) -> str:
        """As it stands on the route, for a policy to judge without the Canary: one line of JSON with sorted keys, and
        with the steps that the document declares."""
        declared = dict(strategy_of(analysis).declared(analysis))
        return json.dumps({**self.document(), "steps": declared}, sort_keys=True, separators=(",", ":"))
