"""What a release's program leaves behind where its update is refused."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pulumi

from stacks import settings_for
from stacks.release import front_door
from tests.engine.world import Thing, World

DEV = settings_for("dev")


def test_nothing_is_left_unawaited_that_would_warn_on_the_terminal(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.stack(lambda: pulumi.export("gatewayUrl", "http://shop"), DEV.platform_stack).up()

    def program() -> None:
        Thing("refused", name="a", fail="create")
        pulumi.export("url", front_door(DEV))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert "create failed as asked" in world.up(program).diagnostics
        gc.collect()
    assert [str(warning.message) for warning in caught if "never awaited" in str(warning.message)] == []
