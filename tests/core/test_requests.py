"""What a tick asks of the API server: nothing at rest, and nothing that the live copy has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automation.core.kinds import LEASE
from automation.core.status import Phase
from automation.inmemory.cluster import MemoryCluster
from tests.core.documents import document
from tests.core.test_story import initialised
from tests.core.world import World


class Counted:
    """An API server that notes what it is asked, but for Leases: those are renewed whatever ticks there are."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self._cluster, name)

        def noted(*arguments: Any, **options: Any) -> Any:
            if LEASE not in arguments:
                self.asked.append(" ".join([name, *(kind.kind for kind in arguments[:1])]))
            return act(*arguments, **options)

        return noted


def counted(world: World) -> Counted:
    """Has a fresh driver of the world go through an API server that notes what it is asked."""
    server: Any = Counted(world.cluster)
    world.cluster = server
    world.driver = world._driver()
    world.cluster = server._cluster
    found: Counted = server
    return found


def test_a_tick_at_rest_asks_nothing() -> None:
    world = initialised(document())
    server = counted(world)
    world.tick()
    server.asked.clear()
    world.tick(3)
    assert server.asked == []


def test_the_tick_that_finds_a_new_revision_reads_nothing_but_what_it_wrote() -> None:
    world = initialised(document())
    server = counted(world)
    world.tick()
    server.asked.clear()
    world.release("v2")
    world.tick()
    assert world.status.phase is Phase.PROGRESSING
    assert server.asked == [
        "create ControllerRevision",
        "replace_status Canary",
        "patch Deployment",
        "get Deployment",
    ]
