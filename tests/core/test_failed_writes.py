"""Writes of a driver that fail: an API server that freezes may have done it or not, and somebody may be quicker."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from automation.cluster.client import Conflict
from automation.core.kinds import CANARY, DEPLOYMENT, Kind, Manifest
from automation.core.marks import REVISION
from automation.core.status import Phase
from automation.errors import ClusterAway, ClusterRefused
from tests.core.documents import document
from tests.core.world import World, initialised

FAST = {
    "spec.analysis.interval": "1s",
    "spec.analysis.threshold": 2,
    "spec.progressDeadlineSeconds": 10,
}
END = (Phase.SUCCEEDED, Phase.FAILED)


class Failing:
    """An API server where one write of a status or of a number of pods, counted from 0, fails so: after it is done, or
    before."""

    def __init__(self, world: World, at: int, failure: ClusterAway | Conflict, done: bool) -> None:
        self._left, self._failure = at, failure
        moment = "after" if done else "before"
        self._acts = getattr(world.cluster, moment)
        setattr(world.cluster, moment, self._act)

    @property
    def failed(self) -> bool:
        return self._left < 0

    def _act(self, verb: str, kind: Kind, body: Manifest) -> None:
        self._acts(verb, kind, body)
        if kind in (CANARY, DEPLOYMENT) and verb in ("status", "patch"):
            self._left -= 1
            if self._left == -1:
                raise self._failure


def run(world: World) -> list[str]:
    """What is said of a run, from its revision to its end."""
    world.release("v2")
    for _ in range(100):
        try:
            world.tick()
        except ClusterAway:
            world.now += 1
        if world.status.phase in END and world.status.intent is None:
            world.tick()  # what is left to be said
            return sorted(world.texts)
    raise AssertionError(f"no end: {world.texts}")


def passing() -> World:
    return initialised(document(FAST))


def unhealthy() -> World:
    world = passing()
    world.answer = lambda seen, check: seen.measured(0.0)
    return world


def refused() -> World:
    """A run whose promotion the API server refuses until the deadline is over."""
    world = passing()
    before, promoted = world.cluster.before, world.hash(world.primary_revision)

    def refuse(verb: str, kind: Kind, body: Manifest) -> None:
        before(verb, kind, body)
        applies = (verb, kind) == ("apply", DEPLOYMENT)
        if applies and body["metadata"]["annotations"][REVISION] != promoted:
            raise ClusterRefused("denied")

    world.cluster.before = refuse
    return world


@pytest.mark.parametrize(
    ("failure", "done"),
    [
        pytest.param(ClusterAway("no answer"), True, id="written, and no answer"),
        pytest.param(ClusterAway("no answer"), False, id="not written, and no answer"),
        pytest.param(Conflict("the object has been modified"), False, id="somebody was quicker"),
    ],
)
@pytest.mark.parametrize("begun", [passing, unhealthy, refused])
def test_nothing_that_is_said_of_a_run_is_lost_or_repeated_where_a_write_fails(
    begun: Callable[[], World], failure: ClusterAway | Conflict, done: bool
) -> None:
    undisturbed = run(begun())
    for at in itertools.count():
        world = begun()
        failing = Failing(world, at, failure, done)
        assert run(world) == undisturbed
        if not failing.failed:
            assert at > 5
            return
