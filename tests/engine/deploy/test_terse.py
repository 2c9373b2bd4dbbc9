"""Event logs that leave out what comes for each resource."""

from __future__ import annotations

import pytest

from tests.engine.world import Thing, World, nothing


@pytest.fixture
def terse(world: World) -> World:
    world.terse = True
    return world


def test_resources_are_left_out_and_counted(terse: World) -> None:
    for outcome in (
        terse.preview(lambda: Thing("a", name="a") and None),
        terse.up(lambda: Thing("a", name="a") and None),
    ):
        assert outcome.ops == []
        assert not any(event.resource_pre_event for event in outcome.events)
        assert outcome.changes == {"create": 2}
    assert terse.refresh().changes == {"same": 2}
    assert terse.destroy().changes == {"delete": 2}


def test_what_fails_is_told(terse: World) -> None:
    outcome = terse.up(lambda: Thing("a", name="a", fail="create") and None)

    assert "error: create failed as asked\n" in outcome.diagnostics
    assert outcome.error is not None
    assert terse.up(nothing).error is None
