"""What `sluice run` tells monitoring, at the address of `--listen`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import click

from automation.cluster.watches import Key
from automation.core.kinds import Manifest
from automation.driver.driver import Driver
from automation.driver.loop import Loop
from automation.driver.tick import Refusal, Tick
from automation.telemetry.server import Address, Server, pages
from cli.assembly import Assembly

STILL_SECONDS = 60.0
"""A loop that has not turned for so long will not do so any more."""


def listen_address(ctx: click.Context, option: click.Parameter, given: str | None) -> Address | None:
    """What was given as `HOST:PORT`, or as `:PORT` for every address of this machine."""
    if given is None:
        return None
    host, colon, port = given.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(
            f"{given!r} is no address: give HOST:PORT, or :PORT for every address of this machine",
            ctx,
            option,
        )
    return Address(host.strip("[]"), int(port))


@dataclass(frozen=True)
class Monitor:
    """Measures the loop of one driver."""

    assembly: Assembly
    driver: Driver

    def timed(self, key: Key, late: float, seconds: float) -> None:
        if live := self._live(key):
            self.assembly.meters.timed(live, late, seconds)

    def ticked(self, key: Key, tick: Tick) -> None:
        live = self._live(key)
        if live and not isinstance(tick.trouble, Refusal):  # then nothing is known of where it stands
            self.assembly.meters.ticked(live, tick.status, time.time())

    def _live(self, key: Key) -> Manifest | None:
        return self.assembly.watches.get(self.driver.kind, *key)


def serving(
    address: Address | None, assembly: Assembly, loops: Sequence[Loop]
) -> AbstractContextManager[Server | None]:
    """A server of the pages, where there is an address for one. Raises PortTaken."""
    if address is None:
        return nullcontext()

    def ailing() -> str:
        still = max(loop.still(time.monotonic()) for loop in loops)
        return f"a loop has stood still for {still:.0f} s" if still > STILL_SECONDS else ""

    def unready() -> str:
        trouble = assembly.watches.trouble()
        return trouble.problem if trouble else ""

    return Server(address, pages(assembly.meters.page, ailing, unready))
