"""What stacks must do for a driver: told once, and asked of the real ones and of those in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from automation.cluster.ports import Objects
from automation.core.kinds import CONFIG_MAP, Manifest
from automation.errors import UpdateFailed
from automation.updates.ports import Program, StackUpdates
from tests.automation.cluster.objects import SPACE, config


@dataclass(frozen=True)
class Site:
    """Stacks, the cluster that they write to, and programs for them: `program(manifests)` declares ConfigMaps,
    `program(manifests, True)` then refuses to."""

    stacks: StackUpdates
    objects: Objects
    program: Callable[[Sequence[Manifest], bool], Program]

    def names(self) -> set[str]:
        found = {thing["metadata"]["name"] for thing in self.objects.select(CONFIG_MAP)}
        return {name for name in found if name in ("one", "two")}


class StackUpdatesContract:
    """To be inherited by the tests of stacks, which give the fixture `site`; its ConfigMaps are called one and two."""

    def test_an_update_writes_what_is_declared_and_removes_what_is_declared_no_more(self, site: Site) -> None:
        site.stacks.update("dev", site.program([config("one"), config("two")], False), "both")
        assert site.names() == {"one", "two"}
        site.stacks.update("dev", site.program([config("two", "2")], False), "one of them")
        assert site.names() == {"two"}
        found = site.objects.get(CONFIG_MAP, SPACE, "two")
        assert found is not None
        assert found["data"] == {"key": "2"}

    def test_a_program_that_refuses_moves_nothing(self, site: Site) -> None:
        site.stacks.update("dev", site.program([config("one")], False), "first")
        with pytest.raises(UpdateFailed, match="no such revision"):
            site.stacks.update("dev", site.program([config("one", "2")], True), "refused")
        found = site.objects.get(CONFIG_MAP, SPACE, "one")
        assert found is not None
        assert found["data"] == {"key": "1"}

    def test_what_somebody_deleted_is_made_again_after_a_refresh(self, site: Site) -> None:
        program = site.program([config("one")], False)
        site.stacks.update("dev", program, "first")
        site.objects.delete(CONFIG_MAP, SPACE, "one")
        site.stacks.refresh("dev", program, "look anew")
        site.stacks.update("dev", program, "again")
        assert site.names() == {"one"}
