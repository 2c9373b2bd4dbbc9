"""The one place where a driver is put together: an environment's cluster, stacks and metrics behind one `Driver`."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import requests

from automation.clock import Clock, SystemClock
from automation.cluster import reach
from automation.cluster.events import Announcement, EventLog
from automation.cluster.leases import Identity, Keeper, Leases
from automation.cluster.lending import Lending
from automation.cluster.observer import REMEMBERED, Observer, kinds
from automation.cluster.ports import Copies
from automation.cluster.recorder import Recorder
from automation.cluster.watches import Watches
from automation.core.alerts import Subscription
from automation.core.analysis import MetricCheck
from automation.core.decision import Event
from automation.core.kinds import CANARY, ROLLOUT, Kind, Manifest
from automation.core.observation import Answer
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.telling import event_calls
from automation.driver.driver import Driver
from automation.driver.origins import Canaries
from automation.driver.ports import Announcer, Ports
from automation.driver.rollouts import Rollouts
from automation.driver.tick import Refusal, Tick
from automation.errors import CanaryMissing, DocumentRefused, SluiceError
from automation.questions.alerts.courier import Courier
from automation.questions.alerts.sender import Sender
from automation.questions.asker import Asker
from automation.questions.event_hooks import EventHooks
from automation.questions.hooks import Hooks
from automation.questions.secrets import reader
from automation.telemetry.meters import Meters
from automation.updates.placer import Placer, Terms
from automation.updates.queue import UpdateQueue
from cli.display import Display
from cli.environment import Environment, person, scrape_seconds
from cli.images import write_back
from cli.known import Known
from documents.front import canary_of, front_of, status_of
from stacks.settings import DriverSettings

LAST_WORDS_SECONDS = 10.0
"""How long a driver that ends waits for hooks that hear of what happened."""


@dataclass
class Assembly:
    """A driver with all that it stands on, and that of Rollouts. `close` ends its watches and gives back its leases."""

    driver: Driver
    rollouts: Driver
    ports: Ports
    watches: Watches
    keeper: Keeper
    updates: UpdateQueue
    events: EventHooks
    alerts: Courier
    meters: Meters

    def tick(self, namespace: str, name: str) -> Tick:
        """One tick of a Canary that has to be there. Raises CanaryMissing, DocumentRefused and the cluster's errors."""
        tick = self.driver.tick(namespace, name)
        if tick is None:
            raise CanaryMissing(f"Canary {name}.{namespace} was deleted")
        if isinstance(tick.trouble, Refusal):
            raise DocumentRefused(f"Canary {name}.{namespace} is refused:\n{tick.trouble.text}")
        return tick

    def close(self) -> None:
        self._alert_last()
        self.keeper.stop()
        self.ports.leases.give_back_all()
        self.watches.stop()
        self.updates.close()
        self.events.close(LAST_WORDS_SECONDS)

    def _alert_last(self) -> None:
        """Alerts that were sent must not be sent again by the next driver."""
        for key in self.alerts.close(LAST_WORDS_SECONDS):
            with suppress(SluiceError, Refused):
                self.driver.strike_off(*key)


def assemble(
    opened: Environment,
    display: Display,
    namespace: str | None = None,
    changed: Callable[[Kind, Manifest], None] = lambda kind, thing: None,
    strict: bool = False,
    event_webhook: str | None = None,
) -> Assembly:
    """A driver for the Canaries of an environment (or of one namespace of it), its watches listed once. Who listens at
    `event_webhook` hears of those without event hooks, in place of whom the settings name.

    Raises ClusterAway or ClusterRefused.
    """
    cluster, clock = opened.cluster, SystemClock()
    watches = Watches(cluster, kinds(), namespace, opened.namespaces, changed, REMEMBERED)
    meters = Meters(opened.settings.driver.provider, partial(driven, opened, watches))
    cluster.session.hooks["response"].append(meters.answered)
    copies = Lending(watches)
    known = Known(cluster, copies)
    updates = UpdateQueue(os.cpu_count() or 1, ran=meters.updated)
    # Sessions are not for several threads: ticks and those who hear of them have their own.
    hooks = Hooks(reach.session(cluster), clock.sleep, reader(cluster))
    events = EventHooks(hooks.call, display.troubled)
    settings = opened.settings
    alerts = courier(opened, display, clock)
    ports = Ports(
        objects=cluster,
        copies=copies,
        observer=Observer(copies, opened.settings.driver.provider),
        questions=Asker(
            cluster,
            copies,
            reach.session(cluster),
            opened.settings.metrics_server,
            listener(display, meters),
            clock,
        ),
        recorder=Recorder(cluster, copies),
        placer=Placer(
            cluster,
            copies,
            opened.stacks,
            partial(opened.release_of, known=known.rollout),
            Terms(person(), opened.gate),
            updates,
            clock,
        ),
        leases=Leases(cluster, Identity.of_this_process(), clock),
        announce=announcer(
            display,
            EventLog(cluster),
            teller(events, settings.driver.provider, event_webhook or settings.driver.event_webhook or ""),
        ),
        alerts=alerts,
        clock=clock,
        rendered=known.rendered,
        command=opened.command,
        write_back=writer_back(opened, watches, display),
        fresh_attempt=fresh_attempt,
    )
    strict = strict or settings.driver.strict
    canaries = Canaries(cluster, watches, settings.driver.provider, subscriptions(settings.driver))
    driver = Driver(ports, scrape_seconds(settings), strict, canaries)
    rollouts = Driver(ports, scrape_seconds(settings), strict, Rollouts(cluster, watches))
    keeper = Keeper(ports.leases)
    watches.start()
    keeper.start()
    return Assembly(driver, rollouts, ports, watches, keeper, updates, events, alerts, meters)


def driven(opened: Environment, watches: Watches) -> list[Manifest]:
    """The releases of an environment, as its driver sees them. Rollouts that can't be seen are none."""
    found: list[Manifest] = []
    for kind in (CANARY, ROLLOUT):
        try:
            found += watches.all(kind)
        except SluiceError:
            continue
    return [live for live in found if opened.owns(live)]


def listener(display: Display, meters: Meters) -> Callable[[Canary, MetricCheck, Answer], None]:
    """Whoever hears what was measured."""

    def measured(canary: Canary, check: MetricCheck, answer: Answer) -> None:
        display.measured(canary, check, answer)
        meters.measured(canary, check, answer)

    return measured


def courier(opened: Environment, display: Display, clock: Clock) -> Courier:
    """Sends alerts; what it could not send the display says."""

    def through(proxy: str) -> requests.Session:
        session = reach.session(opened.cluster)
        if proxy:
            session = requests.Session()
            session.trust_env = False
            session.proxies = {"http": proxy, "https": proxy}
        return session

    name = opened.settings.driver.cluster_name or ""
    return Courier(Sender(opened.cluster, through), display.troubled, clock, name)


def subscriptions(settings: DriverSettings) -> tuple[Subscription, ...]:
    """Who is alerted about Canaries that name nobody."""
    return tuple(Subscription(one.provider, one.namespace, one.severity) for one in settings.alerts)


def teller(events: EventHooks, provider: str, everywhere: str = "") -> Announcer:
    """Tells hooks of type event, and whoever listens at the address `everywhere` of Canaries without any; one that
    can't be read is told of to nobody, nor is a Rollout."""

    def tell(announcement: Announcement, live: Manifest) -> None:
        if front_of(live).kind is not CANARY:
            return
        try:
            canary, status = canary_of(live, provider), status_of(live)
        except Refused:
            return
        said = Event(announcement.type, announcement.text)
        events.tell(canary.full_name, event_calls(canary, status, said, announcement.at, everywhere))

    return tell


def announcer(display: Display, log: EventLog, tell: Announcer) -> Announcer:
    """Tells the display, writes Events, and tells whoever else hears of them. If an Event can't be written, the display
    says so.

    It raises nothing: what an Event is about, such as a rollback, must not fail with the Event.
    """

    def announce(announcement: Announcement, canary: Manifest) -> None:
        display.announce(announcement)
        try:
            log.write(announcement, canary)
        except SluiceError as lost:
            name = f"{announcement.canary}.{announcement.namespace}"
            display.troubled(name, f"an Event was not written: {lost.problem}")
        tell(announcement, canary)

    return announce


def writer_back(opened: Environment, copies: Copies, display: Display) -> Callable[[Canary], str]:
    """Keeps the image in the stack's config the same as the live one. If that fails it is said, and the run goes on."""

    def told(canary: Canary) -> str:
        try:
            return write_back(opened, canary, copies)
        except (SluiceError, Refused) as failed:
            display.troubled(
                canary.full_name, f"the live image was not written to the stack's config: {failed}"
            )
            return ""

    return told


def fresh_attempt() -> str:
    """An attempt id: sortable by time, and never used before."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
