"""`sluice retire` drives a retirement and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.status import Phase, Status
from automation.driver.tick import Tick
from automation.errors import NothingToDo
from cli.display import Lines
from cli.retire import Leaving


class Ticking:
    """An assembly whose ticks come to what the test says."""

    def __init__(self, *phases: Phase) -> None:
        self.left = list(phases)

    def tick(self, namespace: str, name: str) -> Tick:
        return Tick(Status(self.left.pop(0)), "told")


class Opened:
    name = "dev"

    def command(self, verb: str, key: tuple[str, str]) -> str:
        return f"sluice {verb} {key[1]}"


def leaving(assembly: Any) -> Leaving:
    opened: Any = Opened()
    return Leaving(opened, assembly, Lines(), ("test", "podinfo"), timeout=10.0)


def test_it_ticks_until_the_canary_is_retired() -> None:
    assembly = Ticking(Phase.TERMINATING, Phase.TERMINATED)
    leaving(assembly).to_the_end()
    assert assembly.left == []


def test_a_run_that_began_instead_is_left_to_its_driver_after_one_tick() -> None:
    assembly = Ticking(Phase.PROGRESSING, Phase.PROGRESSING)
    with pytest.raises(NothingToDo, match=r"podinfo.test is Progressing and was not retired \(told\)"):
        leaving(assembly).to_the_end()
    assert assembly.left == [Phase.PROGRESSING]
