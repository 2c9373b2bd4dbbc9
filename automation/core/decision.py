"""What a tick comes to: actions for the driver to take, or questions that it has to ask first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.alerts import Alert
from automation.core.analysis import MetricCheck, Webhook
from automation.core.runs.metric import Metric
from automation.core.status import Intent, Status


@dataclass(frozen=True)
class Event:
    """A Kubernetes Event on the Canary, and the alert that goes with it, if any. `type` is Normal or Warning."""

    type: str
    text: str
    alert: Alert | None = None


def normal(text: str, alert: Alert | None = None) -> Event:
    return Event("Normal", text, alert)


def warning(text: str, alert: Alert | None = None) -> Event:
    return Event("Warning", text, alert)


@dataclass(frozen=True)
class RecordRevision:
    """Keep the target's pod template and tracked configuration as the revision of this hash."""

    revision: str


@dataclass(frozen=True)
class ScaleTarget:
    """Scale the target through its scale subresource."""

    replicas: int


@dataclass(frozen=True)
class ScalePrimary:
    """Scale the primary through its scale subresource: where an autoscaler scales it, its stack says no number."""

    replicas: int


@dataclass(frozen=True)
class Hold:
    """Keep the Canary from going when it is deleted, or (not `held`) let it go."""

    held: bool


@dataclass(frozen=True)
class Save:
    """Write the status."""

    status: Status


@dataclass(frozen=True)
class Announce:
    """Record an event."""

    event: Event


@dataclass(frozen=True)
class MakeLive:
    """Make an intent live by a stack update. It is the last action, and the Save before it holds the intent.

    `forward` updates run the policy pack; those towards primary don't, so that nothing can hold them up. `done` is said
    once the update went through.
    """

    intent: Intent
    forward: bool
    done: tuple[Event, ...] = ()

    @property
    def message(self) -> str:
        return self.intent.message


Action = RecordRevision | ScaleTarget | ScalePrimary | Hold | Save | Announce | MakeLive


@dataclass(frozen=True)
class CallHook:
    """Ask a hook. `payload` is the body of the POST; `key` is the same for a repeat of the same call."""

    webhook: Webhook
    payload: Mapping[str, Any]
    key: str


@dataclass(frozen=True)
class Measure:
    """Run the query of a check. The window of one that the gateway knows begins no sooner than `since` (unix seconds):
    what an earlier release answered says nothing of this one."""

    check: MetricCheck
    since: float = 0.0


@dataclass(frozen=True)
class Take:
    """Measure a metric of the analysis that the run calls `analysis`, which began at `since` (unix seconds); `number`
    measurements of it were made before."""

    analysis: str
    metric: Metric
    number: int = 0
    since: float = 0.0


@dataclass(frozen=True)
class AskPermission:
    """Whether the cluster lets a person, of these groups, approve a gate of the Canary."""

    gate: str
    user: str
    groups: tuple[str, ...] = ()


Question = CallHook | Measure | Take | AskPermission


@dataclass(frozen=True)
class Decision:
    """Either questions, to be answered into the observation of the same tick, or actions in the order in which they
    are to be taken (none: there is nothing to do). `reason` is one sentence for logs, `waits` what has to happen before
    the Canary moves again, as people are told it ("" where nothing is in the way), `obstacle` what of that people have
    to mend before a run can begin, `again` when (unix seconds) the tick is worth repeating, where that is known."""

    reason: str
    actions: tuple[Action, ...] = ()
    questions: tuple[Question, ...] = ()
    waits: str = ""
    obstacle: str = ""
    again: float | None = None

    @property
    def moves_nothing(self) -> bool:
        """Whether at most something is said."""
        return not self.questions and all(isinstance(action, Announce) for action in self.actions)


@dataclass(frozen=True)
class Settled:
    """What follows from an attempt that is live, or that was dropped: scale the target if `scale_target` says so,
    save `status`, announce `events`. `again`: there is nothing to wait for, the tick goes on."""

    status: Status
    events: tuple[Event, ...] = ()
    scale_target: int | None = None
    again: bool = False
