"""What becomes of the Automation API's errors, which only carry what a command printed."""

from __future__ import annotations

import pytest
from pulumi.automation import CommandResult
from pulumi.automation import errors as auto_errors

from automation.errors import SluiceError, StackLocked, StateRefused, UpdateFailed
from automation.updates.stacks import translate


@pytest.mark.parametrize(
    ("stderr", "kind", "said"),
    [
        pytest.param(
            "error: the stack is currently locked by 1 lock(s).\n  file: created by ann@host (pid 7) at noon",
            StackLocked,
            "created by ann@host (pid 7) at noon",
            id="locked by somebody who is named",
        ),
        pytest.param(
            "error: incorrect passphrase", StateRefused, "incorrect passphrase", id="wrong passphrase"
        ),
        pytest.param("error: update failed", UpdateFailed, "update failed", id="anything else"),
    ],
)
def test_each_failure_has_an_error_of_ours(stderr: str, kind: type[SluiceError], said: str) -> None:
    result = CommandResult(stdout="", stderr=stderr, code=255)
    failed = (
        auto_errors.ConcurrentUpdateError(result) if kind is StackLocked else auto_errors.CommandError(result)
    )
    error = translate("dev.test.podinfo", failed, [])
    assert type(error) is kind
    assert said in error.problem
    assert "dev.test.podinfo" in error.problem
    assert error.remedy


def test_the_engines_diagnostics_come_before_its_last_words() -> None:
    result = CommandResult(stdout="", stderr="error: update failed", code=255)
    error = translate("s", auto_errors.CommandError(result), ["the Service is invalid"])
    assert "the Service is invalid" in error.problem


def test_an_error_keeps_its_list_of_causes() -> None:
    printed = "error: 2 errors occurred:\n    \t* the Service is invalid\n    \t* the quota is exceeded\n\nResources:\n"
    error = translate("s", auto_errors.CommandError(CommandResult(stdout="", stderr=printed, code=255)), [])
    causes = "2 errors occurred:\n* the Service is invalid\n* the quota is exceeded"
    assert error.problem == f"update of stack s failed: {causes}"
