"""One Canary and its driver in memory: the real driver over a cluster, stacks, a clock and questions in memory.

Objects of the cluster are read and set as the values that decisions rest on. Revisions and configuration go by the
names that a test gave them; in the cluster they have hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from automation.cluster.events import Announcement
from automation.cluster.observer import REMEMBERED, Observer, TickContext
from automation.core.analysis import MetricCheck, Webhook
from automation.core.decide import Veto, decide
from automation.core.decision import AskPermission, CallHook, Decision, Event, Measure
from automation.core.kinds import (
    CANARY,
    CONFIG_KINDS,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    LEASE,
    SERVICE,
    Kind,
    Manifest,
)
from automation.core.marks import ATTEMPT
from automation.core.moments import timestamp
from automation.core.observation import (
    Answer,
    HookAnswer,
    Measured,
    Observation,
    Permission,
    Route,
    Target,
    Workload,
)
from automation.core.revision_hash import config_checksum, revision_hash
from automation.core.spec import Canary
from automation.core.status import Apex, Intent, Phase, Placement, Status
from automation.core.traffic import Traffic
from automation.driver.driver import Driver
from automation.driver.origins import Canaries
from automation.driver.tick import Tick
from automation.inmemory.alerts import MemoryAlerts
from automation.inmemory.clock import MemoryClock
from automation.inmemory.cluster import MemoryCluster, MemoryCopies
from automation.inmemory.pods import run_pods
from automation.inmemory.questions import MemoryQuestions
from automation.inmemory.stacks import Denial, MemoryStacks, Update
from automation.questions.asker import Asked
from documents.front import canary_of
from gateways.gateway import Marks
from gateways.registry import DEFAULT, gateway_of, source_of
from tests.driving import Room, ports_of
from workloads.horizontal import AUTOSCALER

HEALTHY = {"request-success-rate": 100.0, "request-duration": 20.0}
KEY = ("test", "podinfo")
SOURCE: Manifest = {
    "apiVersion": "apisix.apache.org/v2",
    "kind": "ApisixRoute",
    "metadata": {"name": "podinfo", "namespace": "test"},
    "spec": {
        "http": [
            {
                "name": "method",
                "match": {"hosts": ["app.example.com"], "paths": ["/*"]},
                "backends": [{"serviceName": "podinfo", "servicePort": 80}],
                "plugins": [{"name": "prometheus", "enable": True}],
            }
        ]
    },
}


class Killed(BaseException):
    """The driver was killed."""


def deployment(name: str, replicas: int = 1, *, available: int | None = None) -> Workload:
    return Workload(name, replicas, replicas, replicas, replicas if available is None else available)


def split(canary: int) -> Traffic:
    return Traffic(canary)


class World:
    """Everything but what a test sets is done by ticks. `lives` is how many acts the driver lives on for."""

    def __init__(
        self,
        document: Manifest,
        status: Status | None = None,
        *,
        workload: Kind = DEPLOYMENT,
        extra: Manifest | None = None,
        source: Manifest | None = SOURCE,
        provider: str = DEFAULT,
        **fields: Any,
    ) -> None:
        self.answer: Callable[[World, MetricCheck], Answer] = lambda world, check: world.measured(
            HEALTHY[check.name]
        )
        self.hook: Callable[[World, Webhook], HookAnswer] = lambda world, webhook: HookAnswer(True)
        self.permit: Callable[[AskPermission], Permission] = lambda question: Permission(granted=True)
        self.policy: Callable[[Intent], Veto | None] = lambda intent: None
        self.events: list[Event] = []
        self.calls: list[CallHook] = []
        self.alerts = MemoryAlerts()
        self.made_live: list[Intent] = []
        self.forward: list[bool] = []
        self._gated = False
        self.recorded: list[str] = []
        self.measured_since = 0.0
        self.scrape_interval, self.strict, self.provider = 5.0, False, provider
        self.attempts, self.lives = 0, None
        self.clock = MemoryClock(1_000_000.0)
        self.cluster = MemoryCluster(before=self._before)
        self._names: dict[str, str] = {"": ""}
        self._hashes: dict[str, str] = {"": ""}
        self._workload, self._extra = workload, extra or {}
        run_pods(self.cluster, workload)
        self._run_pods, self.cluster.after = self.cluster.after, self._after
        self.copies = MemoryCopies(self.cluster, REMEMBERED)
        self.observer = Observer(self.copies)
        self.stacks = MemoryStacks(self.cluster, self._judge, self._begin, self._done, _is_patch)
        self.document = document
        self.status = status or Status()
        self.source = source
        self.target = Target(deployment("podinfo"), "v1")
        self.apex = "target"
        for name, value in fields.items():
            setattr(self, name, value)
        self.driver = self._driver()

    lives: int | None

    # What a test sets, and sees.

    @property
    def canary(self) -> Canary:
        return canary_of(self._live(CANARY, "podinfo") or {}, self.provider)

    def _document(self, document: Manifest) -> None:
        known = self._live(CANARY, "podinfo") or {}
        kept = {"status": known["status"]} if "status" in known else {}
        self.cluster.put(CANARY, {**document, **kept})

    document = property(fset=_document)

    @property
    def now(self) -> float:
        return self.clock.at

    @now.setter
    def now(self, at: float) -> None:
        self.clock.at = at

    @property
    def status(self) -> Status:
        live = self._live(CANARY, "podinfo") or {}
        return _renamed(Status.parse(live.get("status") or {}), self._names)

    @status.setter
    def status(self, status: Status) -> None:
        live = self._live(CANARY, "podinfo") or {}
        self.cluster.put(CANARY, {**live, "status": _renamed(status, self._hashes).document()})

    @property
    def target(self) -> Target | None:
        found = self.observe().target
        if found is None:
            return None
        configs = {key: self._names.get(value, value) for key, value in found.configs.items()}
        return replace(found, revision=self._names.get(found.revision, found.revision), configs=configs)

    @target.setter
    def target(self, target: Target | None) -> None:
        if target is None:
            self.cluster.delete(self._workload, *KEY)
            return
        checksums = {key: self._configured(key, name) for key, name in target.configs.items()}
        template = _template(target)
        self._name(revision_hash(template, checksums), target.revision)
        self.cluster.put(self._workload, self._made("podinfo", target.workload, template))

    @property
    def primary(self) -> Workload | None:
        return self.observe().primary

    @primary.setter
    def primary(self, primary: Workload | None) -> None:
        known = self._live(self._workload, "podinfo-primary")
        if primary is None:
            self.cluster.delete(self._workload, "test", "podinfo-primary")
            return
        template = {"spec": {"containers": [{"name": "podinfod", "image": primary.image}]}}
        made = self._made("podinfo-primary", primary, known["spec"]["template"] if known else template)
        self.cluster.put(
            self._workload, {**made, "metadata": {**(known or {}).get("metadata", {}), **made["metadata"]}}
        )

    @property
    def primary_revision(self) -> str:
        primary = self.primary
        return self._names.get(primary.revision, primary.revision) if primary else ""

    @property
    def route(self) -> Route | None:
        return self.observe().route

    @route.setter
    def route(self, route: Route | None) -> None:
        gateway = gateway_of(self.canary)
        if route is None:
            self.cluster.delete(gateway.kind, "test", self.canary.route_name)
            return
        known = self._live(gateway.kind, self.canary.route_name)
        made = known or gateway.render(self.canary, self.source, route.traffic, Marks({}, {}))
        field: Manifest = {}
        for step in reversed(gateway.ruled):
            field = {step: field}
        changed = gateway.with_traffic(self.canary, made, route.traffic)
        metadata = {
            **changed["metadata"],
            "annotations": {**(changed["metadata"].get("annotations") or {}), ATTEMPT: route.attempt},
            "managedFields": [{"manager": route.changed_by or "sluice", "fieldsV1": field}],
        }
        self.cluster.put(gateway.kind, {**changed, "metadata": metadata})

    @property
    def apex(self) -> Apex | None:
        live = self._live(SERVICE, "podinfo")
        value = ((live or {}).get("spec") or {}).get("selector", {}).get("app")
        return {"podinfo": "target", "podinfo-primary": "primary"}.get(value)  # type: ignore[return-value]

    @apex.setter
    def apex(self, apex: Apex) -> None:
        value = "podinfo" if apex == "target" else "podinfo-primary"
        known = self._live(SERVICE, "podinfo") or _object(SERVICE, "podinfo", {"ports": []})
        self.cluster.put(SERVICE, {**known, "spec": {**known["spec"], "selector": {"app": value}}})

    @property
    def source(self) -> Manifest | None:
        """The route that people write."""
        named = source_of(self.canary)
        return self._live(*named) if named else None

    @source.setter
    def source(self, source: Manifest | None) -> None:
        named = source_of(self.canary)
        if named and source is None:
            self.cluster.delete(named[0], *KEY)
        elif named and source is not None:
            self.cluster.put(named[0], source)

    def _scaler_min(self, least: int | None) -> None:
        """Gives the Canary an autoscaler with this minReplicas."""
        if least is None:
            return
        live = self._live(CANARY, "podinfo") or {}
        self.document = {**live, "spec": {**live["spec"], "autoscalerRef": {"name": "podinfo"}}}
        spec = {"minReplicas": least, "maxReplicas": 9, "scaleTargetRef": {"name": "podinfo"}}
        self.cluster.put(AUTOSCALER, _object(AUTOSCALER, "podinfo", spec))

    scaler_min = property(fset=_scaler_min)

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

    def driven_by(self, identity: str) -> None:
        """Another driver takes the Canary over, while this one was away for an hour."""
        lease = self.cluster.select(LEASE)[0]
        held = {**lease["spec"], "holderIdentity": identity}
        self.now += 3600
        self.cluster.put(LEASE, {**lease, "spec": {**held, "renewTime": "2001-01-01T00:00:00.000000Z"}})
        renewed = datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.cluster.put(LEASE, {**lease, "spec": {**held, "renewTime": renewed}})

    # Time.

    def tick(self, count: int = 1) -> World:
        interval = self.canary.analysis.interval
        for _ in range(count):
            begun = self.now
            self.ticked()
            self.now = max(self.now, begun + interval)
        return self

    def ticked(self, early: float = 0.0) -> Tick:
        """One tick, after which no time has passed but what it waited for; it comes so many seconds `early`."""
        try:
            tick = self.driver.tick(*KEY, early)
        except Killed:
            self.driver = self._driver()
            raise
        assert tick is not None
        return tick

    def until(self, *phases: Phase, ticks: int = 60) -> World:
        """Tick until a phase is reached; fails when it takes more than `ticks`."""
        for _ in range(ticks):
            self.tick()
            if self.status.phase in phases and self.status.intent is None:
                return self
        raise AssertionError(f"phase {self.status.phase} after {ticks} ticks: {self.texts[-5:]}")

    def observe(self) -> Observation:
        context = TickContext(self.now, f"a{self.attempts}", self.scrape_interval, self.strict)
        return self.observer.observe(self.canary, context)

    def decision(self) -> Decision:
        """The final decision of a tick, its questions answered and none of its actions taken."""
        seen, asked = self.observe(), Asked()
        status = _renamed(self.status, self._hashes)
        for _ in range(50):
            decision = decide(self.canary, status, seen)
            if not decision.questions:
                return decision
            seen = self._questions().answer(self.canary, seen, decision.questions, asked)
        raise AssertionError("endless questions")

    # The driver, and what it acts through.

    def _driver(self) -> Driver:
        room = Room(
            self.cluster,
            self.copies,
            self.observer,
            self.stacks,
            self.clock,
            self._questions(),
            self._announce,
            self.alerts,
            self._fresh_attempt,
        )
        canaries = Canaries(self.cluster, self.copies, self.provider)
        return Driver(ports_of(room, "dev.test.podinfo"), self.scrape_interval, self.strict, canaries)

    def _questions(self) -> MemoryQuestions:
        return MemoryQuestions(self._call, self._measured, permit=lambda question: self.permit(question))

    def _call(self, call: CallHook) -> HookAnswer:
        self.calls.append(call)
        return self.hook(self, call.webhook)

    def _measured(self, question: Measure) -> Answer:
        self.measured_since = question.since
        return self.answer(self, question.check)

    def _fresh_attempt(self) -> str:
        self.attempts += 1
        return f"a{self.attempts}"

    def _announce(self, announcement: Announcement, canary: Manifest) -> None:
        self._live_on()
        self.events.append(Event(announcement.type, announcement.text))

    def _before(self, verb: str, kind: Kind, body: Manifest) -> None:
        self._live_on()

    def _after(self, verb: str, kind: Kind, body: Manifest) -> None:
        if kind == CONTROLLER_REVISION and verb == "create":
            hash = body["metadata"]["name"].removeprefix("podinfo-")
            self.recorded.append(self._names.get(hash, hash))
        if attempt := (body["metadata"].get("annotations") or {}).get(ATTEMPT):
            self._lead(attempt)
        self._run_pods(verb, kind, body)

    def _lead(self, attempt: str) -> None:
        """Traffic follows an intent as soon as its route is written, whatever becomes of its update."""
        intent = self.status.intent
        if intent and attempt == intent.placement.attempt:
            self._count(intent)

    def _count(self, intent: Intent) -> None:
        if not self.made_live or self.made_live[-1].placement.attempt != intent.placement.attempt:
            self.made_live.append(intent)
            self.forward.append(self._gated)

    def _begin(self, update: Update) -> None:
        self._gated = update.gated
        self._live_on()

    def _judge(self, update: Update) -> Denial | None:
        intent = self.status.intent
        veto = self.policy(intent) if intent else None
        return Denial(veto.policy, veto.message) if veto else None

    def _done(self, update: Update) -> None:
        if '"attempt"' in update.message and (intent := self.status.intent):
            self._count(intent)

    def _live_on(self) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                self.lives = None
                raise Killed

    # Names.

    def _live(self, kind: Kind, name: str) -> Manifest | None:
        return self.cluster.get(kind, "test", name)

    def _name(self, hash: str, name: str) -> None:
        self._names[hash], self._hashes[name] = name, hash

    def _made(self, name: str, workload: Workload, template: Manifest) -> Manifest:
        """The object of a workload."""
        selector = {"matchLabels": {"app": name}}
        spec = {"replicas": workload.replicas, "selector": selector, "template": template, **self._extra}
        late = {
            "type": "Available",
            "status": "False",
            "reason": "MinimumReplicasUnavailable",
            "lastUpdateTime": timestamp(workload.short_since or 0.0),
        }
        expired = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        refused = {"type": "ReplicaFailure", "status": "True", "message": workload.refused}
        status = {
            "observedGeneration": 9999,
            "replicas": workload.running,
            "updatedReplicas": workload.updated,
            "availableReplicas": workload.available,
            "conditions": [
                *([late] if workload.short_since is not None else ()),
                *([expired] if workload.expired else ()),
                *([refused] if workload.refused else ()),
            ],
        }
        return {**_object(self._workload, name, spec), "status": status}

    @property
    def canary_uid(self) -> str:
        return str((self._live(CANARY, "podinfo") or {})["metadata"]["uid"])

    def hash(self, name: str) -> str:
        """The hash of a revision that a test gave a name."""
        return self._hashes[name]

    def _configured(self, key: str, name: str) -> str:
        of, _, called = key.partition("/")
        kind = CONFIG_KINDS[of]
        config = _object(kind, called, {}) | {"data": {"value": name}, "type": "Opaque"}
        checksum = config_checksum(self.cluster.put(kind, config))
        self._name(checksum, name)
        return checksum


def _is_patch(manifest: Manifest) -> bool:
    """Whether it is some fields of an object that stays its maker's own."""
    return "ownerReferences" not in manifest["metadata"]


def initialised(document: Manifest, *, world: Callable[..., World] = World, **fields: object) -> World:
    """A world whose primary carries the traffic of revision v1; its history begins now."""
    return _begun(world(document, **fields))


def _begun(world: World) -> World:
    world.until(Phase.INITIALIZED)
    for history in (world.events, world.made_live, world.forward, world.recorded, world.calls):
        history.clear()
    return world


def _object(kind: Kind, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name, "namespace": "test"},
        "spec": spec,
    }


def _template(target: Target) -> Manifest:
    fields = {"configmap": "configMapRef", "secret": "secretRef"}
    named = (key.partition("/") for key in target.configs)
    sources = [{fields[kind]: {"name": name}} for kind, _, name in named]
    container = {"name": "podinfod", "image": target.workload.image or "podinfo:1", "envFrom": sources}
    return {
        "metadata": {"labels": {"app": "podinfo"}, "annotations": {"revision": target.revision}},
        "spec": {"containers": [container]},
    }


def _renamed(status: Status, names: Mapping[str, str]) -> Status:
    """The status with other names for the revisions and the configuration that it names."""

    def name(known: str) -> str:
        return names.get(known, known)

    def placement(known: Placement) -> Placement:
        return replace(known, revision=name(known.revision))

    intent = status.intent and replace(status.intent, placement=placement(status.intent.placement))
    return replace(
        status,
        last_applied_spec=name(status.last_applied_spec),
        last_promoted_spec=name(status.last_promoted_spec),
        tracked_configs={key: name(value) for key, value in status.tracked_configs.items()},
        in_force=status.in_force and placement(status.in_force),
        intent=intent,
    )
