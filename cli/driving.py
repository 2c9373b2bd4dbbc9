"""The loops of one `sluice run`: of its Canaries, and beside it of its Rollouts."""

from __future__ import annotations

import threading
from collections.abc import Callable

from automation.core.kinds import ROLLOUT, Kind, Manifest
from automation.driver.loop import Loop
from automation.errors import SluiceError


class Driving:
    """Loops that are stopped together. Whoever may not see Rollouts, or has none, drives Canaries all the same: what
    keeps it from Rollouts is `told` once."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._loops: list[Loop] = []
        self._stopped = threading.Event()

    def changed(self, kind: Kind, thing: Manifest) -> None:
        """Called by the watches."""
        for loop in self._loops:
            loop.changed(kind, thing)

    def stop(self) -> None:
        self._stopped.set()
        for loop in self._loops:
            loop.stop()

    def run(self, canaries: Loop, rollouts: Loop, followed: Callable[[Kind], object]) -> None:
        """Drives both until they are stopped. `followed` looks whether objects of a kind can be seen."""
        beside = threading.Thread(
            target=self._beside, args=(rollouts, followed), name="rollouts", daemon=True
        )
        beside.start()
        try:
            self._run(canaries)
        finally:
            self.stop()
            beside.join()

    def _beside(self, rollouts: Loop, followed: Callable[[Kind], object]) -> None:
        """A loop hears of changes only once it can see its own objects: those who tell it must not wait for that."""
        try:
            followed(ROLLOUT)
        except SluiceError as unseen:
            self._told(f"Rollouts are not driven: {unseen.problem}")
            return
        self._run(rollouts)

    def _run(self, loop: Loop) -> None:
        self._loops.append(loop)
        if self._stopped.is_set():
            loop.stop()
        loop.run()
