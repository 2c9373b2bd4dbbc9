"""The loops of one `sluice run` are stopped together, and what keeps one from its work is no matter of the other."""

from __future__ import annotations

import threading
from typing import Any

from automation.core.kinds import CANARY, ROLLOUT, Kind
from automation.errors import ClusterRefused
from cli.driving import Driving


class Turns:
    """A loop that runs until it is stopped, and remembers what it was told."""

    def __init__(self) -> None:
        self.begun, self.stopped = threading.Event(), threading.Event()
        self.heard: list[Kind] = []

    def changed(self, kind: Kind, thing: Any) -> None:
        self.heard.append(kind)

    def stop(self) -> None:
        self.stopped.set()

    def run(self) -> None:
        self.begun.set()
        assert self.stopped.wait(10)


def driven(followed: Any) -> tuple[Driving, Turns, Turns, threading.Thread, list[str]]:
    told: list[str] = []
    driving, canaries, rollouts = Driving(told.append), Turns(), Turns()
    loops: Any = (canaries, rollouts)
    thread = threading.Thread(target=lambda: driving.run(*loops, followed))
    thread.start()
    assert canaries.begun.wait(10)
    return driving, canaries, rollouts, thread, told


def test_both_are_told_of_changes_and_stopped_together() -> None:
    driving, canaries, rollouts, thread, told = driven(lambda kind: [])
    assert rollouts.begun.wait(10)
    driving.changed(CANARY, {})
    driving.stop()
    thread.join(10)
    assert (canaries.heard, rollouts.heard, told) == ([CANARY], [CANARY], [])
    assert rollouts.stopped.is_set()


def test_who_may_not_see_rollouts_drives_canaries_all_the_same() -> None:
    heard = threading.Event()

    def refused(kind: Kind) -> None:
        assert kind is ROLLOUT
        heard.set()
        raise ClusterRefused("rollouts is forbidden")

    driving, canaries, rollouts, thread, told = driven(refused)
    assert heard.wait(10)
    driving.changed(CANARY, {})
    assert not canaries.stopped.is_set()
    driving.stop()
    thread.join(10)
    assert (canaries.heard, rollouts.heard) == ([CANARY], [])
    assert told == ["Rollouts are not driven: rollouts is forbidden"]
    assert not rollouts.begun.is_set()


def test_who_is_stopped_before_rollouts_are_seen_does_not_begin_to_drive_them() -> None:
    seen = threading.Event()
    driving, _, rollouts, thread, _ = driven(lambda kind: seen.wait(10))
    driving.stop()
    seen.set()
    thread.join(10)
    assert rollouts.stopped.is_set()
