"""What drivers remember: one memory a Canary, and nothing that drivers of one process share."""

from __future__ import annotations

from automation.core.observation import NothingMeasured, QueryFailed
from automation.core.status import Phase
from automation.driver.memory import Memories
from tests.core.documents import document
from tests.core.world import initialised

KEY = ("test", "podinfo")


def test_a_canary_that_was_made_anew_is_met_for_the_first_time() -> None:
    memories = Memories()
    first = memories.of(KEY, "uid-1")
    first.placed.beyond_refresh = True
    assert memories.of(KEY, "uid-1") is first
    assert not memories.of(KEY, "uid-2").placed.beyond_refresh


def test_what_is_gone_is_forgotten() -> None:
    memories = Memories()
    memories.of(KEY, "uid-1").refused = "told"
    memories.forget(KEY)
    assert memories.of(KEY, "uid-1").refused == ""


def test_each_canary_has_its_own() -> None:
    memories = Memories()
    memories.of(KEY, "uid-1").asked.addresses = frozenset({"10.0.0.1"})
    assert memories.of(("shop", "podinfo"), "uid-2").asked.addresses == frozenset()


def test_drivers_of_two_clusters_live_in_one_process_and_know_nothing_of_each_other() -> None:
    one = initialised(document(), answer=lambda world, check: QueryFailed("refused", away=True))
    other = initialised(document())
    silent = initialised(document(), answer=lambda world, check: NothingMeasured())
    worlds = (one, other, silent)
    for world in worlds:
        world.release("v2")
    for _ in range(5):
        for world in worlds:
            world.tick()
    assert (one.status.phase, one.status.failed_checks) == (Phase.PROGRESSING, 0)
    assert silent.status.failed_checks > 0
    other.until(Phase.SUCCEEDED)
