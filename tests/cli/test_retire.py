"""`sluice retire` drives a retirement and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import CANARY
from automation.core.status import Phase, Status
from automation.driver.tick import Tick
from automation.errors import ClusterAway, NothingToDo, TimedOut
from automation.inmemory.cluster import MemoryCluster
from cli import retire
from cli.display import Lines
from cli.environment import Environment
from cli.retire import Leaving
from stacks import settings_for
from tests.components import documents


class Ticking:
    """An assembly whose ticks come to what the test says."""

    def __init__(self, *phases: Phase | ClusterAway) -> None:
        self.left = list(phases)

    def tick(self, namespace: str, name: str) -> Tick:
        found = self.left.pop(0)
        if isinstance(found, ClusterAway):
            raise found
        return Tick(Status(found), "told")


class Opened:
    name, settings = "dev", settings_for("dev")
    canary = Environment.canary

    def command(self, verb: str, key: tuple[str, str]) -> str:
        return f"sluice {verb} {key[1]} --env dev -n {key[0]}"

    def events(self, key: tuple[str, str]) -> str:
        return f"sluice events {key[1]}"


def leaving(assembly: Any, timeout: float = 10.0) -> Leaving:
    opened: Any = Opened()
    return Leaving(opened, assembly, Lines(), ("test", "podinfo"), timeout)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retire, "TICK_SECONDS", 0.0)


def test_it_ticks_until_the_canary_is_retired() -> None:
    assembly = Ticking(Phase.TERMINATING, Phase.TERMINATED)
    leaving(assembly).to_the_end()
    assert assembly.left == []


def test_a_run_that_began_instead_is_left_to_its_driver_after_one_tick() -> None:
    assembly = Ticking(Phase.PROGRESSING, Phase.PROGRESSING)
    with pytest.raises(NothingToDo, match=r"podinfo.test is Progressing and was not retired \(told\)"):
        leaving(assembly).to_the_end()
    assert assembly.left == [Phase.PROGRESSING]


def test_a_cluster_that_is_away_is_said_once_until_that_changes(capsys: pytest.CaptureFixture[str]) -> None:
    gone, other = ClusterAway("no route to host"), ClusterAway("refused")
    assembly = Ticking(gone, gone, gone, other, Phase.TERMINATING, other, Phase.TERMINATED)
    leaving(assembly).to_the_end()
    told = [line.partition("! ")[2] for line in capsys.readouterr().out.splitlines()]
    assert told == [f"podinfo.test: {text}" for text in ("no route to host", "refused", "refused")]


@pytest.mark.parametrize(
    ("placed", "problem", "remedy"),
    [
        pytest.param(
            "target",
            "what was generated for podinfo.test is not gone after 0 s: told",
            "the target carries all traffic; go on with: ",
            id="what was generated is left",
        ),
        pytest.param(
            "primary",
            "podinfo.test is not ready after 0 s: told",
            "primary still carries all traffic; mend the target, then: ",
            id="the target is not ready",
        ),
    ],
)
def test_what_was_not_done_in_time_names_the_whole_command(placed: str, problem: str, remedy: str) -> None:
    late = leaving(Ticking(Phase.TERMINATING, Phase.TERMINATING), timeout=0.0)
    cluster: Any = MemoryCluster()
    in_force = documents.placement(0, apex=placed).document()
    cluster.put(CANARY, {**documents.canary_document(), "status": {"inForce": in_force}})
    late.opened.cluster = cluster  # type: ignore[misc]
    with pytest.raises(TimedOut) as told:
        late.to_the_end()
    assert (told.value.problem, told.value.remedy) == (
        problem,
        f"{remedy}sluice retire podinfo --env dev -n test",
    )
