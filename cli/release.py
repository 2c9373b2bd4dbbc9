"""`sluice release`: sets an image, runs the release to its end, and ends with an exit code that says how it ended."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

import click

from automation.core.kinds import CANARY
from automation.core.status import Phase
from automation.driver.loop import interval_of, time_of_next
from automation.driver.tick import Failing, Obstacle, Stopped, Tick
from automation.errors import (
    ClusterAway,
    DocumentRefused,
    Ended,
    RolledBack,
    SluiceError,
    StoppedByPolicy,
    TimedOut,
    UpdateFailed,
)
from cli import display as displays
from cli.assembly import Assembly, assemble
from cli.environment import Environment, open_environment
from cli.images import parse_image, refuse_retired, set_image
from cli.options import Where, environment, event_webhook, namespace, output, where
from cli.run import describe
from cli.waiting import Following, cause, troubled_pods

PATIENCE = 5
"""A release that hasn't begun is given up after this many ticks in a row with an obstacle."""
FAILING_SECONDS = 30.0
"""How long the update that comes before any traffic may go on failing, since the cause may pass."""
OWED_SECONDS = 60.0
"""How long a release that has ended waits for a locked stack, to make the update that the stack is owed."""


@click.command(short_help="Set an image and run the release to its end.")
@click.argument("name")
@environment
@click.option(
    "--image",
    "image",
    metavar="CONTAINER=IMAGE",
    help="Such as podinfod=stefanprodan/podinfo:6.0.1. Without it: drive what is there.",
)
@click.option("--detach", is_flag=True, help="Only set the image; whoever runs `sluice run` releases it.")
@click.option(
    "--strict", is_flag=True, help="Refuse a document with a check that fails on the healthy primary."
)
@click.option(
    "--timeout", type=float, metavar="SECONDS", help="Stop waiting after so long (exit code 23 or 22)."
)
@namespace
@output
@event_webhook
@where
def release(
    name: str,
    environment: str,
    image: str | None,
    detach: bool,
    strict: bool,
    timeout: float | None,
    namespace: str | None,
    output: str,
    event_webhook: str | None,
    where: Where,
) -> None:
    """Set an image and run the release to its end.

    Exit codes: 0 promoted, 20 rolled back, 21 cancelled or aborted, 22 stopped by a policy, 23 timed out.
    """
    wanted = parse_image(image) if image else None
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    stack = opened.stack_of(*key)
    if opened.cluster.get(CANARY, *key) is None:
        click.echo(f"{key[1]}.{key[0]} is not in the cluster yet: bringing up stack {stack}", err=True)
        opened.stacks.update(stack, opened.program(stack), f"{key[1]}.{key[0]}: bring up", opened.gate)
    if wanted:
        click.echo(set_image(opened, key, wanted, request=uuid.uuid4().hex[:8]), err=output == "json")
    else:
        refuse_retired(opened, key)
    if detach:
        return
    title = f"{key[1]}.{key[0]} in {environment}" + (f": {image}" if image else "")
    shown = displays.make(output, title)
    try:
        assembly = assemble(opened, shown, namespace=key[0], strict=strict, event_webhook=event_webhook)
        try:
            outcome = Drive(opened, assembly, shown, key, timeout).to_the_end()
        finally:
            assembly.close()
    finally:
        shown.close()
    if output != "json":
        click.echo(outcome)


@dataclass
class Drive:
    """One Canary, ticked on its interval until its run has ended."""

    opened: Environment
    assembly: Assembly
    display: displays.Display
    key: tuple[str, str]
    timeout: float | None
    following: Following = field(default_factory=Following)
    trouble: str = ""

    def to_the_end(self) -> str:
        """A sentence that says how the release ended, if it ended well.

        Raises RolledBack, Ended, StoppedByPolicy, TimedOut, DocumentRefused or UpdateFailed.
        """
        begun = healthy = running = time.monotonic()
        obstacles = 0
        last: Tick | None = None
        while True:
            tick_begun = time.monotonic()
            tick = self._tick()
            if tick is not None:
                last = tick
                obstacles = obstacles + 1 if isinstance(tick.trouble, Obstacle) else 0
                healthy = healthy if isinstance(tick.trouble, Failing) else tick_begun
                match tick.trouble:
                    case Obstacle(text) if obstacles >= PATIENCE:
                        raise self._obstructed(text)
                    case Failing(text) if tick_begun - healthy > FAILING_SECONDS:
                        raise UpdateFailed(text, f"no traffic moves until then; mend it, then: {self._again}")
                running = running if tick.done else tick_begun
                if tick.done and (not tick.owed or tick_begun - running > OWED_SECONDS):
                    return self._outcome(tick)
            if self.timeout is not None and time.monotonic() - begun > self.timeout:
                raise self._out_of_time(last)
            interval, ended = interval_of(self.assembly.watches.get(CANARY, *self.key)), time.monotonic()
            following = time_of_next(tick_begun, interval, ended, tick.pause if tick else None)
            time.sleep(max(0.0, following - time.monotonic()))

    def _tick(self) -> Tick | None:
        """One tick, shown. Trouble of the moment (API server away, a lock) is said, and the next tick tries again."""
        try:
            tick = self.assembly.tick(*self.key)
        except ClusterAway as away:
            if (trouble := describe(away)) != self.trouble:
                self.display.troubled(self._name, trouble)
            self.trouble = trouble
            return None
        self.trouble = ""
        self.display.ticked(tick)
        if news := self.following.news(tick):
            self.display.troubled(self._name, news)
        return tick

    def _outcome(self, tick: Tick) -> str:
        status = tick.status
        condition = status.conditions[0] if status.conditions else None
        if status.phase is not Phase.FAILED:
            return f"{self._name}: {condition.message if condition else status.phase}"
        reason = condition.reason if condition else "Failed"
        message = f"{self._name}: {condition.message if condition else 'failed'}"
        again = f"to run the same image again: {self.opened.command('retry', self.key)}"
        if reason in ("Cancelled", "Aborted"):
            raise Ended(message, again if reason == "Aborted" else "")
        raise RolledBack(message, f"what was measured: {self.opened.command('history', self.key)}; {again}")

    def _obstructed(self, text: str) -> DocumentRefused:
        told = "; ".join((text, *troubled_pods(self.opened.cluster, self.key)))
        return DocumentRefused(told, f"nothing has moved; mend it, then: {self._again}")

    def _out_of_time(self, last: Tick | None) -> SluiceError:
        remedy = f"it goes on with: {self._again}"
        if last is not None and isinstance(last.trouble, Stopped):
            return StoppedByPolicy(last.trouble.text, remedy)
        reason = cause(self.opened.cluster, self.key, last) if last else "no tick came through"
        return TimedOut(f"{self._name} was not done after {self.timeout:g} s: {reason}", remedy)

    @property
    def _again(self) -> str:
        return self.opened.command("release", self.key)

    @property
    def _name(self) -> str:
        return f"{self.key[1]}.{self.key[0]}"
