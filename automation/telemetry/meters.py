"""What is counted and timed while a driver runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.metadata import version

import requests
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from automation.cluster.outlines import Outlines
from automation.core.analysis import MetricCheck
from automation.core.kinds import CANARY, Manifest
from automation.core.observation import Answer, Measured
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.status import Phase, Status
from automation.core.strategies.ab import AB
from automation.core.strategies.blue_green import BlueGreen
from automation.core.urgency import Urgency
from automation.telemetry.endings import Ending, ending_of
from automation.telemetry.levels import Levels, target_of
from documents.front import canary_of

TICKS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LATE = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
UPDATES = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
RELEASES = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 86400)
"""Upper bounds of histograms' buckets, in seconds."""

OF_A_CANARY = ("name", "namespace")
OF_AN_OUTCOME = (*OF_A_CANARY, "deployment_strategy", "analysis_status")
STRATEGIES = {AB.name: "ab-testing", BlueGreen.name: "blue-green"}
"""What the model calls a strategy; every other is `canary`."""


class Meters:
    """Metrics of one driver. All of its methods may be called from any thread, and none of them waits."""

    def __init__(self, provider: str, live: Callable[[], list[Manifest]]) -> None:
        self._provider, self._outlines = provider, Outlines(provider)
        self._known: dict[tuple[str, str, str], Status] = {}
        self._lock = threading.Lock()
        self._registry = registry = CollectorRegistry()
        registry.register(Levels(live))
        info = Gauge("flagger_info", "The driver", ("version", "mesh_provider"), registry=registry)
        info.labels(version("sluice"), provider).set(1)
        self._ticks = Histogram(
            "flagger_canary_duration_seconds",
            "How long a tick of a Canary took",
            OF_A_CANARY,
            buckets=TICKS,
            registry=registry,
        )
        self._analysis = Gauge(
            "flagger_canary_metric_analysis",
            "The last value of a check",
            (*OF_A_CANARY, "metric"),
            registry=registry,
        )
        self._successes = Counter(
            "flagger_canary_successes", "Canaries that were promoted", OF_AN_OUTCOME, registry=registry
        )
        self._failures = Counter(
            "flagger_canary_failures", "Canaries that were rolled back", OF_AN_OUTCOME, registry=registry
        )
        self._releases = Histogram(
            "sluice_release_duration_seconds",
            "How long releases took from their begin to their end",
            ("kind", *OF_A_CANARY, "outcome"),
            buckets=RELEASES,
            registry=registry,
        )
        self._lateness = Histogram(
            "sluice_tick_lateness_seconds",
            "How long after its time a tick began",
            ("kind",),
            buckets=LATE,
            registry=registry,
        )
        self._updates = Histogram(
            "sluice_stack_update_duration_seconds",
            "How long a stack update took, by what it was for and whether it succeeded",
            ("urgency", "result"),
            buckets=UPDATES,
            registry=registry,
        )
        self._requests = Counter(
            "sluice_api_requests",
            "Requests of the driver that the API server answered",
            ("method", "code"),
            registry=registry,
        )

    def page(self) -> bytes:
        """All metrics in the exposition format."""
        return generate_latest(self._registry)

    def measured(self, canary: Canary, check: MetricCheck, answer: Answer) -> None:
        if canary.origin is CANARY and isinstance(answer, Measured):
            self._analysis.labels(canary.target.name, canary.namespace, check.name).set(answer.value)

    def timed(self, live: Manifest, late: float, seconds: float) -> None:
        """A tick of a release began `late` seconds after its time and took `seconds`."""
        own = self._outlines.of(live)
        self._lateness.labels(own.kind.kind).observe(late)
        if own.kind is CANARY:
            self._ticks.labels(target_of(own), own.namespace).observe(seconds)

    def ticked(self, live: Manifest, status: Status, now: float) -> None:
        """A tick of a release ended with a status; `now` is unix seconds."""
        own = self._outlines.of(live)
        with self._lock:
            key = (own.kind.kind, own.namespace, own.name)
            before = self._known.get(key)
            self._known[key] = status
        ending = ending_of(before, status)
        if ending is None:
            return
        if before is not None and before.phase is not Phase.WAITING:  # whoever never began took no time
            self._releases.labels(own.kind.kind, own.name, own.namespace, ending).observe(
                now - status.begun_at
            )
        if own.kind is CANARY:
            self._count(live, ending)

    def updated(self, urgency: Urgency, seconds: float, succeeded: bool) -> None:
        """A stack update ended."""
        result = "succeeded" if succeeded else "failed"
        self._updates.labels(urgency.name.lower(), result).observe(seconds)

    def answered(self, answer: requests.Response, **_: object) -> None:
        """The API server answered a request; a hook of `requests`."""
        self._requests.labels(answer.request.method, str(answer.status_code)).inc()

    def _count(self, live: Manifest, ending: Ending) -> None:
        try:
            canary = canary_of(live, self._provider)
        except Refused:
            return
        counter = self._successes if ending is Ending.PROMOTED else self._failures
        strategy = STRATEGIES.get(canary.analysis.strategy, "canary")
        analysed = "skipped" if canary.skip_analysis else "completed"
        counter.labels(canary.target.name, canary.namespace, strategy, analysed).inc()
