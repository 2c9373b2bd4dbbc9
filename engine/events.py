"""What an operation reports while it runs. Displays and event logs are its listeners."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.step import UNCOUNTED, Op, Step


@dataclass(frozen=True)
class Begun:
    """The first event: nobody else holds the stack, and its secrets are open."""


@dataclass(frozen=True)
class Prelude:
    """What follows is done with the configuration in force, secrets blinded."""

    config: Mapping[str, str]


@dataclass(frozen=True)
class StepStarted:
    step: Step
    planning: bool


@dataclass(frozen=True)
class StepDone:
    """A step is done, or a component has registered its outputs (then the step comes a second time, not `counted`).

    What a refresh finds is not `counted` where the refresh is only the beginning of an update.
    """

    step: Step
    planning: bool
    counted: bool = True


@dataclass(frozen=True)
class StepFailed:
    step: Step
    planning: bool


@dataclass(frozen=True)
class Diagnostic:
    """A message. `severity` is debug, info, info#err, warning or error; an ephemeral one is progress, not result."""

    severity: str
    message: str
    urn: str = ""
    ephemeral: bool = False
    stream: int = 0


@dataclass(frozen=True)
class PolicyLoad:
    """Policy packs are being loaded."""


@dataclass(frozen=True)
class PolicyViolation:
    """A policy has something against a resource, or the whole stack (then `urn` is the stack's)."""

    urn: str
    policy: str
    pack: str
    pack_version: str
    level: str
    message: str
    severity: str = ""


@dataclass(frozen=True)
class PolicyRemediation:
    """A policy changed the inputs of a resource from `before` to `after`."""

    urn: str
    policy: str
    pack: str
    pack_version: str
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True)
class PolicySummary:
    """Which policies of a pack a resource has passed and failed, `urn` is "" for the stack. `moment` is "Remediate",
    "Analyze" or "AnalyzeStack"."""

    moment: str
    urn: str
    pack: str
    pack_version: str
    passed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The last event that says anything: what the operation amounted to. `result` is succeeded or failed."""

    preview: bool
    seconds: float
    changes: Mapping[str, int]
    result: str
    policy_packs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """Nothing follows."""


Event: TypeAlias = (
    Begun
    | Prelude
    | StepStarted
    | StepDone
    | StepFailed
    | Diagnostic
    | PolicyLoad
    | PolicyViolation
    | PolicyRemediation
    | PolicySummary
    | Summary
    | Ended
)
Listener: TypeAlias = Callable[[Event], None]


class Emitter:
    """Hands each event to every listener, one event at a time, and keeps count of what happens to resources."""

    def __init__(self, listeners: tuple[Listener, ...] = ()):
        self._listeners = listeners
        self._lock = threading.Lock()
        self._changes: Counter[str] = Counter()
        self._errors = 0

    def emit(self, event: Event) -> None:
        """May be called from any thread."""
        with self._lock:
            if isinstance(event, StepDone) and event.counted:
                self._count(event.step)
            elif isinstance(event, Diagnostic) and event.severity == "error":
                self._errors += 1
            for listener in self._listeners:
                listener(event)

    def _count(self, step: Step) -> None:
        if step.internal or step.op in UNCOUNTED:
            return
        if step.op is Op.READ and step.old is None:
            # The first look at something changes nothing that was known.
            return
        self._changes[counted_as(step)] += 1

    @property
    def changes(self) -> dict[str, int]:
        """How many resources met which fate so far."""
        with self._lock:
            return dict(self._changes)

    @property
    def errors(self) -> int:
        """How many errors were reported so far."""
        with self._lock:
            return self._errors


def counted_as(step: Step) -> str:
    """The kind under which a step is counted: a refresh counts as what it found.

    What a provider adds to its outputs for itself, such as a status, is no change of a resource that is managed.
    """
    if step.op is not Op.REFRESH:
        return str(step.op)
    if step.new is None:
        return str(Op.DELETE)
    assert step.old is not None
    alike = step.old.outputs == step.new.outputs and step.old.inputs == step.new.inputs
    unchanged = alike if step.old.external else not step.detailed
    return str(Op.SAME if unchanged else Op.UPDATE)
