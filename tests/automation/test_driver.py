"""What a driver refuses to go on with, and what it does not let stop it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.cli import assembly
from automation.cli.display import Lines
from automation.core.refusal import Problem, Refused
from automation.core.split import ALL_ON_PRIMARY
from automation.core.status import Phase, Placement, Status
from automation.driver import refuse_forgetful
from automation.errors import ClusterRefused, StateRefused
from tests.automation.test_observer import canary

STATUS = Status(Phase.INITIALIZED, in_force=Placement("a-1", "primary", ALL_ON_PRIMARY, "rev"))


def test_a_definition_that_forgets_what_a_run_goes_on_from_is_refused() -> None:
    forgotten = {name: value for name, value in STATUS.document().items() if name != "inForce"}
    with pytest.raises(ClusterRefused, match=r"definition of Canary has no status.inForce") as caught:
        refuse_forgetful({"status": forgotten}, STATUS)
    assert "platform.definitions" in caught.value.remedy


def test_a_definition_of_ours_keeps_it() -> None:
    refuse_forgetful({"status": STATUS.document()}, STATUS)
    refuse_forgetful({}, Status())


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
    def fails(opened: Any, of: Any) -> str:
        raise error

    monkeypatch.setattr(assembly, "write_back", fails)
    opened: Any = None
    assert assembly.writer_back(opened, Lines())(canary()) == ""
    assert "its secrets need" in capsys.readouterr().out
