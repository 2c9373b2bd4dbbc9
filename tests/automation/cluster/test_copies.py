"""The contract of a live copy, held by the one in memory and by watches over a connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.cluster.ports import Copies, Objects
from automation.cluster.watches import Watches
from automation.core.kinds import CONFIG_MAP
from automation.inmemory.cluster import MemoryCluster, MemoryCopies
from tests.automation.api import api
from tests.automation.cluster.objects import SPACE, config

Both = tuple[Objects, Copies]


def in_memory(tmp_path: Path) -> Iterator[Both]:
    cluster = MemoryCluster()
    yield cluster, MemoryCopies(cluster)


def over_a_connection(tmp_path: Path) -> Iterator[Both]:
    with api(tmp_path) as served:
        yield served.cluster, Watches(served.cluster, [CONFIG_MAP])


@pytest.fixture(params=[in_memory, over_a_connection], ids=["in memory", "over a connection"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    yield from request.param(tmp_path)


def test_what_a_writer_got_back_is_seen_at_once(both: Both) -> None:
    objects, copies = both
    copies.put(CONFIG_MAP, objects.create(CONFIG_MAP, config("one")))
    found = copies.get(CONFIG_MAP, SPACE, "one")
    assert found is not None
    assert found["data"] == {"key": "1"}
    assert [thing["metadata"]["name"] for thing in copies.all(CONFIG_MAP)] == ["one"]


def test_the_newer_of_two_writes_stays(both: Both) -> None:
    objects, copies = both
    older = objects.create(CONFIG_MAP, config("one"))
    newer = objects.patch(CONFIG_MAP, SPACE, "one", {"data": {"key": "2"}})
    for written in (older, newer, older):
        copies.put(CONFIG_MAP, written)
    found = copies.get(CONFIG_MAP, SPACE, "one")
    assert found is not None
    assert found["data"] == {"key": "2"}


def test_what_a_reader_found_gone_is_seen_no_more(both: Both) -> None:
    objects, copies = both
    copies.put(CONFIG_MAP, objects.create(CONFIG_MAP, config("one")))
    objects.delete(CONFIG_MAP, SPACE, "one")
    copies.drop(CONFIG_MAP, SPACE, "one")
    assert copies.get(CONFIG_MAP, SPACE, "one") is None
    assert copies.get(CONFIG_MAP, SPACE, "another") is None
