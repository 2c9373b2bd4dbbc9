"""What a driver refuses to go on with, and what it does not let stop it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.observation import Observation, Target, Workload
from automation.core.refusal import Problem, Refused
from automation.core.status import Phase, Placement, Status
from automation.core.traffic import ALL_ON_PRIMARY
from automation.driver.driver import Scene, outcome
from automation.driver.memory import Memory
from automation.driver.origins import refuse_forgetful
from automation.driver.tick import Obstacle
from automation.errors import ClusterRefused, StateRefused
from cli import assembly
from cli.display import Lines
from tests.automation.cluster.test_observer import canary

STATUS = Status(Phase.INITIALIZED, in_force=Placement("a-1", "primary", ALL_ON_PRIMARY, "rev"))


def test_a_definition_that_forgets_what_a_run_goes_on_from_is_refused() -> None:
    forgotten = {name: value for name, value in STATUS.document().items() if name != "inForce"}
    refusal = refusal_of({"status": forgotten}, STATUS)
    assert "definition of Canary has no status.inForce" in refusal
    assert "platform.definitions" in refusal


def test_a_definition_of_ours_keeps_it() -> None:
    assert refusal_of({"status": STATUS.document()}, STATUS) == ""
    assert refusal_of({}, Status()) == ""


def refusal_of(saved: Manifest, status: Status) -> str:
    """Why the driver would not go on from what was saved; nothing if it would."""
    try:
        refuse_forgetful(saved, status)
    except ClusterRefused as refused:
        return f"{refused.problem}\n{refused.remedy}"
    return ""


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(StateRefused("its secrets need a passphrase"), id="the state can't be read"),
        pytest.param(Refused((Problem("spec", "its secrets need", "it"),)), id="a document can't be read"),
    ],
)
def test_a_config_that_can_not_be_written_is_said_and_holds_up_no_run(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(opened: Any, of: Any, copies: Any) -> str:
        raise error

    monkeypatch.setattr(assembly, "write_back", fails)
    unused: Any = None
    assert assembly.writer_back(unused, unused, Lines())(canary()) == ""
    assert "its secrets need" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("suspended", "phase", "revision", "obstacle", "done"),
    [
        pytest.param(False, Phase.SUCCEEDED, "new", "", False, id="something new is on its way"),
        pytest.param(
            True,
            Phase.SUCCEEDED,
            "new",
            "suspended; let it go on with: kubectl -n test patch canary podinfo --type merge",
            False,
            id="a suspended Canary lets nothing in",
        ),
        pytest.param(True, Phase.SUCCEEDED, "rev", "", True, id="suspended, but there is nothing new"),
        pytest.param(False, Phase.TERMINATED, "new", "is retired", False, id="a retired one neither"),
        pytest.param(False, Phase.TERMINATING, "new", "is retired", False, id="nor one that is about to be"),
    ],
)
def test_why_a_release_would_wait_for_ever(
    suspended: bool, phase: Phase, revision: str, obstacle: str, done: bool
) -> None:
    target = Target(Workload("podinfo", 1, 1, 1, 1), revision)
    seen = Observation(0.0, "a-2", target, primary=None, route=None, apex="primary")
    status = replace(STATUS, phase=phase, last_applied_spec="rev", last_promoted_spec="rev")
    tick = outcome(Scene({}, replace(canary(), suspend=suspended), status, seen, Memory("u")), "told")
    text = tick.trouble.text if isinstance(tick.trouble, Obstacle) else ""
    assert (obstacle in text, bool(text), tick.done) == (True, bool(obstacle), done)
