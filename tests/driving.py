"""What a driver in memory acts through: all of it real but the cluster, its stacks, the clock and the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from automation.cluster.leases import Identity, Leases
from automation.cluster.observer import Observer, kinds_by_name
from automation.cluster.ports import Copies
from automation.cluster.recorder import Recorder
from automation.core.rendering import placement_to_render
from automation.core.spec import Canary
from automation.driver.ports import Announcer, Ports
from automation.inmemory.clock import MemoryClock
from automation.inmemory.cluster import MemoryCluster
from automation.inmemory.questions import MemoryQuestions
from automation.inmemory.queue import MemoryQueue
from automation.inmemory.stacks import Declared, MemoryStacks
from automation.questions.alerts.courier import Alerts
from automation.updates.placer import Placer, Release, Terms
from automation.updates.ports import Gate
from cli.known import Known
from components.generate import generate
from stacks.release import View, inputs_of

HERE = Identity("here", 1, "5")


@dataclass(frozen=True)
class Room:
    """Everything that a test has a say in."""

    cluster: MemoryCluster
    copies: Copies
    observer: Observer
    stacks: MemoryStacks
    clock: MemoryClock
    questions: MemoryQuestions
    announce: Announcer
    alerts: Alerts
    fresh_attempt: Callable[[], str]


def ports_of(room: Room, stack: str) -> Ports:
    """The ports of a driver of one release, which has this stack."""
    known = Known(room.cluster, room.copies)
    placer = Placer(
        room.cluster,
        room.copies,
        room.stacks,
        lambda canary: Release(stack, lambda attempt: lambda: declared(known, canary, attempt)),
        Terms("ann@here", Gate(Path("policies"))),
        MemoryQueue(),
        room.clock,
    )
    return Ports(
        objects=room.cluster,
        copies=room.copies,
        observer=room.observer,
        questions=room.questions,
        recorder=Recorder(room.cluster, room.copies),
        placer=placer,
        leases=Leases(room.cluster, HERE, room.clock),
        announce=room.announce,
        alerts=room.alerts,
        clock=room.clock,
        rendered=known.rendered,
        command=lambda verb, key: f"sluice {verb} {key[1]} --env dev -n {key[0]}",
        write_back=lambda canary: "",
        fresh_attempt=room.fresh_attempt,
    )


def declared(known: Known, canary: Canary, attempt: str | None) -> list[Declared]:
    """What the program of the release stack declares in adopted mode."""
    rollout = known.rollout(canary)
    assert rollout is not None
    assert rollout.live is not None
    placement = placement_to_render(rollout.status, attempt, rollout.newest)
    view = View(canary, rollout.document, rollout.live, rollout, placement, None, rollout.cluster)
    by_name = kinds_by_name()
    return [(by_name[made["kind"]], made) for made in generate(canary, inputs_of(view)).objects]
