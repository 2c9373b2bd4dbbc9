"""What becomes of the ReplicaSets of a Rollout beside what its runs ask for.

Those that serve nobody any more lose their pods after a delay, and are forgotten once there are many newer ones; the
stable one has the pods that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from automation.core.keeping import Keeping, Side, share, towards
from automation.core.status import Phase, Status
from automation.core.transitions import RUNNING


@dataclass(frozen=True)
class PodSet:
    """A ReplicaSet: its revision, how many pods it is to have, which revision of the Rollout it is (0: not known), when
    its pods are to go (unix seconds; None where that was not said), and how many are `available`."""

    name: str
    revision: str
    replicas: int
    number: int = 0
    goes_at: float | None = None
    available: int = 0


@dataclass(frozen=True)
class Demand:
    """How many pods a Rollout asks for (`pods`), and of a run that is under way what its present step does: how many
    of them are to be the canary's (`tested`), and its `weight` in percent."""

    pods: int
    tested: int = 0
    weight: int = 0


@dataclass(frozen=True)
class Resize:
    """Give a ReplicaSet so many pods."""

    name: str
    replicas: int


@dataclass(frozen=True)
class Date:
    """Write down when the pods of a ReplicaSet go (unix seconds), None where they don't."""

    name: str
    goes_at: float | None


@dataclass(frozen=True)
class Forget:
    """Delete a ReplicaSet without pods."""

    name: str


Upkeep = Resize | Date | Forget


def upkeep(
    status: Status, sets: Iterable[PodSet], demand: Demand, keeping: Keeping, now: float
) -> Iterator[Upkeep]:
    """What there is to do. Before the stable set is to serve, whoever serves now is left alone."""
    if status.in_force is None or status.in_force.apex != "primary":
        return
    used, known = _used(status, keeping), tuple(sets)
    leaving: list[PodSet] = []
    idle: list[PodSet] = []
    stable = _stable(status, known, demand, keeping)
    for one in sorted(known, key=lambda one: one.number, reverse=True):
        if one.revision in used:
            yield from _in_use(status, one, stable)
        elif one.replicas:
            leaving.append(one)
        else:
            idle.append(one)
    for place, one in enumerate(leaving):
        crowded = keeping.delayed is not None and place >= keeping.delayed
        yield from _gone(one) if crowded else _leaving(status, one, keeping, now)
    yield from (Forget(one.name) for one in idle[keeping.history :])


def _stable(status: Status, sets: tuple[PodSet, ...], demand: Demand, keeping: Keeping) -> int:
    """How many pods the stable set is to have now. A promotion is never without one of it."""
    placed = status.in_force
    if placed is None or not demand.pods:
        return demand.pods
    if keeping.dynamic:
        led = 0 if placed.canary == placed.revision else placed.traffic.weight
        return max(1, share(demand.pods, 100 - min(led, demand.weight)))
    if keeping.shared is None or not demand.tested:
        return demand.pods
    stable, tested = (_side(sets, hash) for hash in (placed.revision, status.last_applied_spec))
    limits, goal = keeping.shared.of(demand.pods), max(1, demand.pods - demand.tested)
    return towards(goal, stable, tested, limits)


def _side(sets: tuple[PodSet, ...], revision: str) -> Side:
    found = [one for one in sets if one.revision == revision]
    return Side(sum(one.replicas for one in found), sum(one.available for one in found))


def _used(status: Status, keeping: Keeping) -> frozenset[str]:
    """The revisions whose pods somebody needs: what is in force or being put there, what is tested, and what a
    promotion that fails returns to."""
    placed, running = status.in_force, status.phase in RUNNING
    tested = {status.last_applied_spec, status.last_promoted_spec} if running else set()
    led = {status.intent.placement.revision, status.intent.placement.canary} if status.intent else set()
    if placed:
        rests = keeping.turns and placed.traffic.on_primary and not running
        led |= {placed.revision, "" if rests else placed.canary}
    return frozenset(filter(None, led | tested))


def _in_use(status: Status, one: PodSet, stable: int) -> Iterator[Upkeep]:
    if one.goes_at is not None:
        yield Date(one.name, None)
    if status.in_force and one.revision == status.in_force.revision and one.replicas != stable:
        yield Resize(one.name, stable)


def _leaving(status: Status, one: PodSet, keeping: Keeping, now: float) -> Iterator[Upkeep]:
    given_up = status.phase is Phase.FAILED and one.revision == status.last_applied_spec
    delay = keeping.after_abort if given_up else keeping.after_promotion
    if delay is None:
        return
    if one.goes_at is None and delay:
        yield Date(one.name, now + delay)
    elif one.goes_at is None or one.goes_at <= now:
        yield from _gone(one)


def _gone(one: PodSet) -> Iterator[Upkeep]:
    yield Date(one.name, None)
    yield Resize(one.name, 0)
