"""`sluice retire`: leaves without an outage. The target serves again, then the generated objects go."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import click

from automation.core.kinds import CANARY
from automation.core.status import Phase
from automation.driver.tick import Tick
from automation.errors import ClusterAway, NothingToDo, TimedOut
from cli import display as displays
from cli.assembly import Assembly, assemble
from cli.environment import Environment, open_environment
from cli.found import standing_of
from cli.options import Where, environment, namespace, where
from cli.requests import ask
from cli.run import describe
from cli.waiting import Following, followed, troubled_pods

TICK_SECONDS = 0.5
"""Between two looks at the target: what it waits for are pods that get ready."""


@click.command(short_help="Give traffic back to the target and remove what was generated.")
@click.argument("name")
@click.option(
    "--timeout",
    type=float,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="For the target to be ready.",
)
@environment
@namespace
@where
def retire(name: str, timeout: float, environment: str, namespace: str | None, where: Where) -> None:
    """Give traffic back to the target and remove what was generated.

    The target is scaled up and waited for; the apex Service selects it again and the canary route goes; then
    primary and its autoscaler go. The Canary document stays and says Terminated.
    """
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    ask(opened, key, "retire")
    shown = displays.Lines()
    assembly = assemble(opened, shown, namespace=key[0])
    try:
        Leaving(opened, assembly, shown, key, timeout).to_the_end()
    finally:
        assembly.close()


@dataclass
class Leaving:
    """A Canary that is ticked until it is retired, by us or by whoever drives it."""

    opened: Environment
    assembly: Assembly
    display: displays.Display
    key: tuple[str, str]
    timeout: float
    following: Following = field(default_factory=Following)
    trouble: str = ""

    def to_the_end(self) -> None:
        """Raises TimedOut, NothingToDo, CanaryMissing or DocumentRefused."""
        deadline, why = time.monotonic() + self.timeout, "not looked at"
        while True:
            begun = time.monotonic()
            try:
                tick = self.assembly.tick(*self.key)
                why, self.trouble = followed(tick) or tick.waits or tick.reason, ""
                if news := self.following.news(tick):
                    self.display.troubled(f"{self.key[1]}.{self.key[0]}", news)
                if tick.status.phase is Phase.TERMINATED:
                    return
                if tick.status.phase is not Phase.TERMINATING and tick.status.request is None:
                    raise self._not_taken(tick)
            except ClusterAway as away:
                why = describe(away)
                self._troubled(why)
            if begun > deadline:
                raise self._late(why)
            time.sleep(max(0.0, begun + TICK_SECONDS - time.monotonic()))

    def _troubled(self, trouble: str) -> None:
        """What is so for many looks is said once."""
        if trouble != self.trouble:
            self.display.troubled(f"{self.key[1]}.{self.key[0]}", trouble)
        self.trouble = trouble

    def _not_taken(self, tick: Tick) -> NothingToDo:
        """A run began before the request was heard, say: to drive that is not what was asked for."""
        return NothingToDo(
            f"{self.key[1]}.{self.key[0]} is {tick.status.phase} and was not retired ({tick.reason})",
            f"what its driver said: {self.opened.events(self.key)}",
        )

    def _late(self, why: str) -> TimedOut:
        live = self.opened.cluster.get(CANARY, *self.key)
        if live is None:
            return TimedOut(f"{self.key[1]}.{self.key[0]} was not retired after {self.timeout:g} s: {why}")
        again = self.opened.command("retire", self.key)
        why = "; ".join((why, *troubled_pods(self.opened.cluster, self.key)))
        canary = self.opened.canary(live)
        placed = standing_of(live).in_force
        if placed is not None and placed.apex == "target":
            return TimedOut(
                f"what was generated for {canary.full_name} is not gone after {self.timeout:g} s: {why}",
                f"the target carries all traffic; go on with: {again}",
            )
        return TimedOut(
            f"{canary.target_full_name} is not ready after {self.timeout:g} s: {why}",
            f"primary still carries all traffic; mend the target, then: {again}",
        )
