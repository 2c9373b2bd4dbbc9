"""What is so now, as the driver saw it: workloads, the live route, the answers of hooks and metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from automation.core.analysis import MetricCheck, Webhook
from automation.core.status import Apex
from automation.core.traffic import Traffic


@dataclass(frozen=True)
class Measured:
    """A value, and the time (unix seconds) of the newest sample that it rests on."""

    value: float
    samples_at: float


@dataclass(frozen=True)
class NothingMeasured:
    """The query was answered and there is no number in it: no series, or NaN."""

    detail: str = "no values found"


@dataclass(frozen=True)
class QueryFailed:
    """The query was not answered. `away`: nobody could be reached, so that the tick may wait for them."""

    detail: str
    away: bool = False


Answer = Measured | NothingMeasured | QueryFailed


@dataclass(frozen=True)
class Taken:
    """What a metric of an analysis measured: any value that its conditions can be asked of."""

    value: Any


@dataclass(frozen=True)
class Ended:
    """What a metric of an analysis had done, and whether that went well; `message` is why it did not."""

    passed: bool
    message: str = ""


@dataclass(frozen=True)
class Unfinished:
    """What a metric of an analysis has done is still under way: it is looked at again."""


TakenAnswer = Taken | Ended | Unfinished | QueryFailed


@dataclass(frozen=True)
class HookAnswer:
    """What a hook said. `detail` is the response body, or why there was none."""

    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Permission:
    """Whether the cluster lets a person do what was asked for; `why` not."""

    granted: bool
    why: str = ""


@dataclass(frozen=True)
class Workload:
    """A workload: `replicas` as declared, `running`, `updated` and `available` as its status counts them.

    `expired`: it is past a progress deadline of its own. `short_since` says since when (unix seconds) it has had
    fewer pods than it needs, None where it has enough. `refused` says why the cluster refuses new pods of it, "" where
    it doesn't. `noun` is what texts call it, and `unit` its pods. `revision` is the hash of the
    recorded revision that a primary was rendered from; empty for others. `container` and `image` are
    those of its first container.
    """

    name: str
    replicas: int
    running: int
    updated: int
    available: int
    generation: int = 1
    observed_generation: int = 1
    expired: bool = False
    short_since: float | None = None
    refused: str = ""
    noun: str = "deployment"
    unit: str = "replicas"
    revision: str = ""
    container: str = ""
    image: str = ""


@dataclass(frozen=True)
class Target:
    """The workload that people change. `revision` is its revision hash, `configs` the checksums of its tracked
    configuration by key, `label` and `value` the pair by which its pods are selected, `asked` how many pods its
    document asks for, where it is declared. `returns`: it is a revision that served lately, and is trusted without a
    test."""

    workload: Workload
    revision: str
    configs: Mapping[str, str] = field(default_factory=dict)
    label: str = "app"
    value: str = ""
    asked: int | None = None
    returns: bool = False


@dataclass(frozen=True)
class Route:
    """The generated route as it is live. `differs`: it is not what the program last wrote in some other way than by
    its weights or attempt; `changed_by` names the field manager who wrote it last, where that wasn't the driver.
    `waits` says what has to happen before users' requests go that way, "" where they do."""

    traffic: Traffic
    attempt: str
    differs: bool = False
    changed_by: str = ""
    waits: str = ""


@dataclass(frozen=True)
class Autoscaling:
    """Numbers of pods, each None where no autoscaler says it: the least that the target's scales to, the most that
    primary's will, and what primary's asked for last. `idles`: primary's may take all of its pods away."""

    least: int | None = None
    most: int | None = None
    wanted: int | None = None
    idles: bool = False


NOT_SCALED = Autoscaling()


@dataclass(frozen=True)
class Drift:
    """A generated object that is not as it should be. `part` says what it is for; `gone`: it isn't there; `by` names
    who changed it, where that can be told; `added`: all that is asked of it is so, and more."""

    part: Literal["route", "apex", "primary", "other"]
    kind: str
    name: str
    gone: bool = False
    by: str = ""
    added: bool = False


@dataclass(frozen=True)
class Mending:
    """Repairs of the same damage that did not take: the damage, how often it was tried, when last (unix seconds), and
    whether one was said to be done."""

    said: tuple[str, ...]
    tries: int
    at: float
    told: bool


@dataclass(frozen=True)
class Repairs:
    """Repairs of one object in a row, whose updates went through: how many, and when the last one ended (unix
    seconds)."""

    times: int
    at: float


@dataclass(frozen=True)
class Setback:
    """Steps that failed in their stack updates, one after the other: how many, since when, and when the last one did
    (unix seconds)."""

    tries: int
    since: float
    at: float


@dataclass(frozen=True)
class Observation:
    """All that a decision rests on besides the document and the status.

    now: unix seconds of this tick, the same in each call of one tick.
    fresh_attempt: an attempt id that nobody has used.
    scrape_interval: seconds between two samples of the metrics.
    target, primary, route: None where the object does not exist.
    apex: whom the apex Service selects; None where it does not exist, or without a target to compare it with.
    held: whether the Canary stays when it is deleted, until it is let go.
    deleted: whether somebody has deleted it.
    scaler: what the autoscalers of target and primary say.
    routable: whether the source can carry a release; the generated route is there only while it can.
    problems: sentences on what keeps the tick from going on, such as a source route without a backend.
    remarks: sentences on what a run leaves alone though its author may not expect it, such as a rule of the source.
    providers: None if the metric providers were not probed, "" if all are available, else what is wrong.
    drift: generated objects that differ from what is in force, beside the traffic, the apex and primary's revision.
    setback: the steps that failed of late; None where the last one didn't.
    mending: repairs that did not take of late; None where the last one took, or there was none.
    repairs: those whose updates went through of late, by what they put back.
    strict: documents that probably can't work don't start a run.
    hooks, metrics, taken: the answers to the questions of this tick so far; `taken` by analysis and metric.
    answered_at: unix seconds of the last of them; 0 where nothing was asked.
    counts_from: unix seconds of the time of a tick that comes before its time; 0 for any other.
    """

    now: float
    fresh_attempt: str
    target: Target | None
    primary: Workload | None
    route: Route | None
    apex: Apex | None
    scrape_interval: float = 5.0
    held: bool = False
    deleted: bool = False
    scaler: Autoscaling = NOT_SCALED
    routable: bool = True
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    providers: str | None = None
    setback: Setback | None = None
    drift: tuple[Drift, ...] = ()
    mending: Mending | None = None
    repairs: Mapping[str, Repairs] = field(default_factory=dict)
    strict: bool = False
    hooks: Mapping[Webhook, HookAnswer] = field(default_factory=dict)
    metrics: Mapping[MetricCheck, Answer] = field(default_factory=dict)
    taken: Mapping[tuple[str, str], TakenAnswer] = field(default_factory=dict)
    permission: Permission | None = None
    answered_at: float = 0.0
    counts_from: float = 0.0
