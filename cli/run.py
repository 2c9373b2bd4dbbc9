"""`sluice run`: drives every Canary and Rollout of an environment until it is stopped."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType

import click

from automation.cluster.leases import drivers_of
from automation.cluster.watches import Key, key_of
from automation.core.kinds import LEASE, Kind, Manifest
from automation.driver.driver import Driver
from automation.driver.loop import EVERYBODY, Loop
from automation.driver.tick import Tick
from automation.errors import SluiceError
from automation.telemetry.server import Address
from cli.assembly import assemble
from cli.display import Display, JsonLines, Lines
from cli.driving import Driving
from cli.environment import Environment, open_environment
from cli.monitoring import Monitor, listen_address, serving
from cli.options import Where, environment, event_webhook, where
from cli.waiting import StandingBy
from documents.front import release_kinds

GRACE_SECONDS = 30.0
"""How long the ticks under way may take after a signal to stop."""


def leave_after(seconds: float, display: Display) -> None:
    """Ends the process if it still runs by then: otherwise an update that hangs would keep it alive for ever.

    Nothing is lost by it; the next driver settles or drops what was under way.
    """

    def leave() -> None:
        display.troubled(
            "sluice run", f"ticks under way did not end in {seconds:g} s and are left to the next driver"
        )
        os._exit(1)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


@click.command(short_help="Drive every Canary and Rollout of an environment until stopped.")
@environment
@click.option(
    "-o",
    "--output",
    type=click.Choice(("auto", "text", "json")),
    default="auto",
    help="auto: lines on a terminal, JSON otherwise.",
)
@event_webhook
@click.option(
    "--listen",
    callback=listen_address,
    metavar="HOST:PORT",
    envvar="SLUICE_LISTEN",
    help="Serve /metrics, /healthz and /readyz there.",
)
@where
def run(
    environment: str, output: str, event_webhook: str | None, listen: Address | None, where: Where
) -> None:
    """Drive every Canary and Rollout of an environment until stopped (Ctrl-C or SIGTERM; ticks under way are
    finished)."""
    opened = open_environment(environment, where)
    text = output == "text" or (output == "auto" and sys.stdout.isatty())
    display: Display = Lines(many=True) if text else JsonLines()
    driving = Driving(lambda trouble: display.troubled(environment, trouble))
    strangers: set[Key] = set()

    def changed(kind: Kind, thing: Manifest) -> None:
        if kind in release_kinds() and not opened.owns(thing) and key_of(thing) not in strangers:
            strangers.add(key_of(thing))
            display.troubled(environment, opened.stranger(key_of(thing), kind))
        driving.changed(kind, thing)

    assembly = assemble(opened, display, changed=changed, event_webhook=event_webhook)

    standing_by = StandingBy()

    def told(key: Key, tick: Tick) -> None:
        display.ticked(tick)
        if news := standing_by.news(tick):
            display.troubled(f"{key[1]}.{key[0]}", news)

    def troubled(key: Key, trouble: BaseException) -> None:
        name = "cluster" if key == EVERYBODY else f"{key[1]}.{key[0]}"
        display.troubled(name, describe(trouble))

    for rival in standing_by.found(drivers(opened)):
        display.troubled(environment, rival)

    def loop(driver: Driver) -> Loop:
        monitor = Monitor(assembly, driver)

        def ticked(key: Key, tick: Tick) -> None:
            told(key, tick)
            monitor.ticked(key, tick)

        provider = opened.settings.driver.provider
        return Loop(assembly.watches, driver, opened.owns, ticked, troubled, provider, monitor.timed)

    canaries, rollouts = loop(assembly.driver), loop(assembly.rollouts)

    def stop(number: int, frame: FrameType | None) -> None:
        driving.stop()
        leave_after(GRACE_SECONDS, display)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if text:
        click.echo(
            f"driving the Canaries and Rollouts of {environment} ({opened.scope}) with the {opened.engine}"
        )
    try:
        with serving(listen, assembly, (canaries, rollouts)) as server:
            if text and server:
                click.echo(f"metrics and probes at http://{server.address}")
            driving.run(canaries, rollouts, assembly.watches.all)
    finally:
        assembly.close()
        display.close()


def drivers(opened: Environment) -> Mapping[str, int]:
    """Who else drives how many of the environment's releases, as far as that may be seen."""
    try:
        leases = [lease for lease in opened.seen(LEASE) if opened.owns(lease)]
    except SluiceError:
        return {}
    return drivers_of(leases, time.time())


def describe(trouble: BaseException) -> str:
    """What a tick failed with: our own errors by their sentence, anything else with its type."""
    problem = getattr(trouble, "problem", None)
    return problem if isinstance(problem, str) else f"{type(trouble).__name__}: {trouble}"
