"""How a Canary is judged and how its traffic moves: `spec.analysis` and what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from automation.core.alerts import Subscription
from automation.core.stepwise import Stepwise

SUCCESS_RATE = "request-success-rate"
DURATION = "request-duration"
BUILT_IN = (SUCCESS_RATE, DURATION)
REQUESTS = "request-count"
"""How many requests a built-in check rests on; none of its own."""
HOOK_TYPES = (
    "rollout",
    "pre-rollout",
    "confirm-rollout",
    "confirm-traffic-increase",
    "confirm-promotion",
    "post-rollout",
    "rollback",
    "event",
)
Scope = Literal["canary", "route"]
Failure = Literal["rollback", "freeze", "freezeAtZero"]
"""What follows the last check that may fail. What is frozen stays until people decide, where it is or without users."""


@dataclass(frozen=True)
class TemplateRef:
    """A MetricTemplate; `namespace` is the Canary's unless the document names another."""

    name: str
    namespace: str


@dataclass(frozen=True)
class MetricCheck:
    """One metric and its bounds, both inclusive: a value outside of them is a failed check.

    Bounds are percent for the success rate, milliseconds for the duration, and the query's own unit otherwise.
    `interval` is the window of the query as the document writes it. `scope` says whether the built-in queries
    look at the canary's pods alone or at the whole route as the model does. A built-in check with fewer than
    `least_requests` within its window has measured nothing.
    """

    name: str
    interval: str = "1m"
    minimum: float | None = None
    maximum: float | None = None
    query: str | None = None
    template: TemplateRef | None = None
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    scope: Scope = "canary"
    least_requests: int = 0

    @property
    def built_in(self) -> bool:
        return self.name in BUILT_IN and self.template is None

    @property
    def key(self) -> str:
        """What tells a check from the others of its Canary."""
        return f"{self.name}/{self.template.namespace}/{self.template.name}" if self.template else self.name


@dataclass(frozen=True)
class SecretRef:
    """A Secret, and the one of its keys that is meant; "" means all of them."""

    name: str
    namespace: str
    key: str = ""


@dataclass(frozen=True)
class Webhook:
    """A hook that is called with a POST. `timeout` is in seconds and for each attempt.

    `headers` holds further headers by name, `signature` the key that the body is signed with. `mute_alert`: that it
    holds something back is no alert.
    """

    name: str
    url: str
    type: str = "rollout"
    timeout: float = 10.0
    retries: int = 0
    disable_tls: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    headers: SecretRef | None = None
    signature: SecretRef | None = None
    mute_alert: bool = False


@dataclass(frozen=True)
class GateRule:
    """What a document asks of a gate beside its hooks: by how many people (`approvals`) a revision has to be approved,
    whether only those count whom the cluster lets approve it (`authorized`), and how long (`deadline`) it may wait, in
    seconds; None for ever. After that it is rolled back, or let through where the gate `opens`."""

    approvals: int = 0
    authorized: bool = False
    deadline: float | None = None
    opens: bool = False


FREE = GateRule()
"""Nothing is asked of a gate but what its hooks say."""


@dataclass(frozen=True)
class Affinity:
    """Flagger's `sessionAffinity`: `cookie` keeps users on the canary, `primary_cookie` ("" for none) those on primary.

    `max_age` is in seconds. `attributes` are the rest of a Set-Cookie header, as it stands there after Max-Age.
    """

    cookie: str
    primary_cookie: str = ""
    max_age: int = 86400
    attributes: str = ""


@dataclass(frozen=True)
class Analysis:
    """`interval` in seconds, weights and ready thresholds in percent, `threshold` in failed checks of one run.
    `alerts` are those that hear of alerts, `strategy` is a name of `automation.core.strategies`,
    `parameters` are the fields by which the document asks for it, as they stand there, `ignored` those of others.

    `iterations` counts the checks of A/B and Blue/Green, `match` holds the rules of A/B, each as JSON, `chosen` those
    of requests that go to the canary beside its share, as `Traffic.managed` has them. `mirror` is the percentage of
    requests that are mirrored. `affinity`: users stay where they were first. `switches`: the gateway can lead all
    requests to the canary. `stepwise` is the list of a release by steps. `gates` has by its name what is asked of each
    gate. `waits_for_traffic`: a check that measures nothing has not failed.
    """

    interval: float = 60.0
    threshold: int = 1
    max_weight: int = 100
    step_weight: int = 0
    step_weights: tuple[int, ...] = ()
    step_weight_promotion: int = 0
    primary_ready_threshold: int = 100
    canary_ready_threshold: int = 100
    metrics: tuple[MetricCheck, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    gates: Mapping[str, GateRule] = field(default_factory=dict, hash=False)
    on_failure: Failure = "rollback"
    waits_for_traffic: bool = False
    alerts: tuple[Subscription, ...] = ()
    strategy: str = "weighted"
    iterations: int = 0
    match: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    mirror: int = 0
    affinity: Affinity | None = None
    switches: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    ignored: tuple[str, ...] = ()
    stepwise: Stepwise | None = None

    @property
    def checks(self) -> tuple[MetricCheck, ...]:
        """The metric checks in the order in which they are judged: built-in and inline ones, then templates.

        A metric named like a built-in one that also has a template is judged both ways.
        """
        direct = [m for m in self.metrics if m.template is None or m.name in BUILT_IN or m.query]
        templated = [m for m in self.metrics if m.template is not None]
        return (*(replace(m, template=None) for m in direct), *templated)

    @property
    def own_checks(self) -> tuple[MetricCheck, ...]:
        """The checks that bring a query of their own."""
        return tuple(check for check in self.checks if not check.built_in)

    def hooks(self, kind: str) -> tuple[Webhook, ...]:
        return tuple(hook for hook in self.webhooks if hook.type == kind)
