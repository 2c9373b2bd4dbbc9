"""A cluster in memory and a small driver for it, which can be killed before any of its acts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from automation.core.analysis import MetricCheck, Webhook
from automation.core.decide import Veto, abandon, decide
from automation.core.decision import (
    Action,
    Announce,
    CallHook,
    Decision,
    Event,
    MakeLive,
    Measure,
    RecordRevision,
    Save,
    ScaleTarget,
)
from automation.core.observation import Answer, HookAnswer, Measured, Observation, Route, Target, Workload
from automation.core.rendering import placement_to_render
from automation.core.spec import Canary
from automation.core.status import Apex, Intent, Phase, Placement, Status, Traffic

HEALTHY = {"request-success-rate": 100.0, "request-duration": 20.0}


class Killed(Exception):
    """The driver was killed."""


def deployment(name: str, replicas: int = 1, *, available: int | None = None) -> Workload:
    return Workload(name, replicas, replicas, replicas, replicas if available is None else available)


@dataclass
class World:
    """One Canary and what belongs to it. Everything but the fields below is done by ticks."""

    canary: Canary
    status: Status = field(default_factory=Status)
    now: float = 1_000_000.0
    target: Target | None = field(default_factory=lambda: Target(deployment("podinfo"), "v1"))
    primary: Workload | None = None
    primary_revision: str = ""
    route: Route | None = None
    apex: Apex | None = "target"
    scaler_min: int | None = None
    scrape_interval: float = 5.0
    strict: bool = False
    problems: tuple[str, ...] = ()
    answer: Callable[[World, MetricCheck], Answer] = lambda world, check: world.measured(HEALTHY[check.name])
    hook: Callable[[World, Webhook], HookAnswer] = lambda world, webhook: HookAnswer(True)
    policy: Callable[[Intent], Veto | None] = lambda intent: None
    events: list[Event] = field(default_factory=list)
    calls: list[CallHook] = field(default_factory=list)
    made_live: list[Intent] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    forward: list[bool] = field(default_factory=list)
    attempts: int = 0
    lives: int | None = None

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]

    @property
    def weights(self) -> list[int]:
        """The canary's weights that were made live, each change once."""
        found = [0]
        for intent in self.made_live:
            if intent.placement.traffic.canary != found[-1]:
                found.append(intent.placement.traffic.canary)
        return found

    def measured(self, value: float) -> Measured:
        return Measured(value, self.now // self.scrape_interval * self.scrape_interval)

    def release(self, revision: str) -> None:
        """Somebody changes the target."""
        self.target = replace(self.target or Target(deployment("podinfo", 0), ""), revision=revision)

    def tick(self, count: int = 1) -> World:
        for _ in range(count):
            self._tick()
            self.now += self.canary.analysis.interval
        return self

    def until(self, *phases: Phase, ticks: int = 60) -> World:
        """Tick until a phase is reached; fails when it takes more than `ticks`."""
        for _ in range(ticks):
            self.tick()
            if self.status.phase in phases and self.status.intent is None:
                return self
        raise AssertionError(f"phase {self.status.phase} after {ticks} ticks: {self.texts[-5:]}")

    def observe(self) -> Observation:
        return Observation(
            now=self.now,
            fresh_attempt=f"a{self.attempts}",
            target=self.target,
            primary=self.primary and replace(self.primary, revision=self.primary_revision),
            route=self.route,
            apex=self.apex if self.target else None,
            scrape_interval=self.scrape_interval,
            scaler_min=self.scaler_min,
            problems=self.problems,
            strict=self.strict,
        )

    def decision(self) -> Decision:
        """The final decision of a tick, its questions answered."""
        seen = self.observe()
        for _ in range(50):
            decision = decide(self.canary, self.status, seen)
            if not decision.questions:
                return decision
            for question in decision.questions:
                match question:
                    case CallHook(webhook=webhook):
                        self.calls.append(question)
                        seen = replace(seen, hooks={**seen.hooks, webhook: self.hook(self, webhook)})
                    case Measure(check=check):
                        seen = replace(seen, metrics={**seen.metrics, check: self.answer(self, check)})
        raise AssertionError("endless questions")

    def _tick(self) -> None:
        self.attempts += 1
        for action in self.decision().actions:
            self._live_on()
            self._take(action)

    def _take(self, action: Action) -> None:
        match action:
            case RecordRevision(revision=revision):
                self.recorded.append(revision)
            case ScaleTarget(replicas=replicas):
                self._scale(replicas)
            case Save(status=status):
                self._save(status)
            case Announce(event=event):
                self.events.append(event)
            case MakeLive(intent=intent, forward=forward):
                self._update(intent, forward=forward)

    def _update(self, intent: Intent, *, forward: bool) -> None:
        """Make an intent live, then decide on what is so now."""
        refusal = self.policy(intent) if forward else None
        if refusal:
            dropped = abandon(self.canary, self.status, refusal)
            self._save(dropped.status)
            self.events.extend(dropped.events)
            return
        self._render(placement_to_render(self.status, intent.placement.attempt))
        self.made_live.append(intent)
        self.forward.append(forward)
        self._tick()

    def _render(self, placement: Placement) -> None:
        """What the program does to the cluster."""
        assert self.status.intent
        assert placement == self.status.intent.placement, "an update follows the save of its intent"
        self.apex = placement.apex
        if placement.apex == "primary":
            self.route = Route(placement.traffic, placement.attempt)
        self.primary = self.primary or deployment("podinfo-primary")
        self.primary_revision = placement.revision

    def _save(self, status: Status) -> None:
        """Through the API server and back."""
        self.status = Status.parse(json.loads(json.dumps(status.document())))

    def _scale(self, replicas: int) -> None:
        if self.target:
            self.target = replace(self.target, workload=deployment("podinfo", replicas))

    def _live_on(self) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                self.lives = None
                raise Killed


def initialised(canary: Canary, **fields: object) -> World:
    """A world whose primary carries the traffic of revision v1; its history begins now."""
    world = World(canary)
    for name, value in fields.items():
        setattr(world, name, value)
    world.until(Phase.INITIALIZED)
    for history in (world.events, world.made_live, world.forward, world.recorded, world.calls):
        history.clear()
    return world


def split(canary: int) -> Traffic:
    return Traffic(canary)
