"""What becomes of the Automation API's errors, which only carry what a command printed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pulumi.automation import CommandResult, EngineEvent
from pulumi.automation import errors as auto_errors
from semver import VersionInfo

from automation.errors import SluiceError, StackLocked, StateRefused, UpdateFailed
from automation.updates.engines import Engine
from automation.updates.stacks import Heard, Stacks, refusal, translate


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
        pytest.param("error: no such file", UpdateFailed, "failed: no such file", id="anything else"),
        pytest.param(
            "error: update failed", UpdateFailed, "update of stack dev.test.podinfo failed", id="nothing"
        ),
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
    assert error.problem == "update of stack s failed: the Service is invalid"


def test_a_namespace_that_nobody_makes_is_told_with_the_setting_that_does() -> None:
    failed = auto_errors.CommandError(CommandResult(stdout="", stderr="error: update failed", code=255))
    error = translate("dev.bad.web", failed, [f'{kind}: namespaces "bad" not found' for kind in ("a", "b")])
    assert error.remedy == (
        "nobody has made namespace bad: add it to platform.namespaces of the settings and bring the platform stack up, "
        "or make it: kubectl create namespace bad"
    )


def test_that_an_update_failed_is_said_once() -> None:
    failed = auto_errors.CommandError(CommandResult(stdout="", stderr="error: update failed", code=255))
    assert translate("s", failed, ["update failed"]).problem == "update of stack s failed"


UNREADY = """3 errors occurred:
\t* resource "urn:pulumi:dev::case::kubernetes:apps/v1:Deployment::d" was successfully created, but the Kubernetes API \
server reported that it failed to fully initialize or become live: 'd' timed out waiting to be Ready
\t* [MinimumReplicasUnavailable] Deployment does not have minimum availability.
\t* Minimum number of live Pods was not attained"""
RAISED = """python inline source runtime error: first line
second line

Traceback (most recent call last):
  File "program.py", line 18, in raises
    raise ValueError("first line\\nsecond line")"""


def diagnostic(message: str, severity: str = "error") -> EngineEvent:
    said = {"message": message, "severity": severity, "color": "never"}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": said})


def violation(policy: str, message: str, level: str = "mandatory") -> EngineEvent:
    said = {"message": message, "policyName": policy, "enforcementLevel": level}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "policyEvent": said})


@pytest.mark.parametrize(
    ("events", "problems"),
    [
        pytest.param(
            [diagnostic(f"<{{%fg 1%}}>{UNREADY}\n\n\n<{{%reset%}}>"), diagnostic("update failed\n")],
            [UNREADY, "update failed"],
            id="an object that did not become ready",
        ),
        pytest.param(
            [diagnostic(f"{RAISED}\n\n"), diagnostic("using a plugin from $PATH\n", "warning")],
            [RAISED],
            id="a program that raised",
        ),
        pytest.param(
            [diagnostic("Retry #0; creation failed\n", "info"), diagnostic("b\n"), diagnostic("a\n")],
            ["b", "a"],
            id="several objects that were refused",
        ),
    ],
)
def test_whatever_the_official_engine_reports_arrives_whole(
    events: list[EngineEvent], problems: list[str]
) -> None:
    heard = Heard()
    for event in events:
        heard(event)
    assert heard.problems == problems
    failed = auto_errors.CommandError(CommandResult(stdout="Updating (dev):\n", stderr="", code=1))
    told = "\n".join(problem for problem in problems if problem != "update failed")
    assert translate("s", failed, heard.problems).problem == f"update of stack s failed: {told}"


LOCKED_OUT = """failed to decrypt encrypted configuration value 'a:b': incorrect passphrase, please set \
PULUMI_CONFIG_PASSPHRASE to the correct passphrase
This can occur when a secret is copied from one stack to another.

You can re-encrypt the configuration by running `pulumi config set a:b [new_value] --secret`"""


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        pytest.param(
            "error: 2 errors occurred:\n\t* the Service is invalid\n\t* the quota is exceeded\n\n",
            "2 errors occurred:\n\t* the Service is invalid\n\t* the quota is exceeded",
            id="a list",
        ),
        pytest.param(f"error: {LOCKED_OUT}\n", LOCKED_OUT, id="lines that go on, and one that is empty"),
        pytest.param(
            "warning: using a plugin from $PATH\nerror: one\nerror: two\n",
            "one\ntwo",
            id="one after the other",
        ),
    ],
)
def test_an_error_on_the_terminal_keeps_all_its_lines(printed: str, said: str) -> None:
    error = translate("s", auto_errors.CommandError(CommandResult(stdout="", stderr=printed, code=1)), [])
    assert error.problem.removeprefix("update of stack s failed: ").removeprefix("stack s: ") == said


def test_a_failure_that_reports_nothing_is_told_with_all_that_was_printed() -> None:
    printed = "Updating (dev):\n\nDiagnostics:\n  Service (a):\n    error: 2 errors occurred:\n    \t* a\n    \t* b\n"
    error = translate("s", auto_errors.CommandError(CommandResult(stdout=printed, stderr="", code=1)), [])
    assert printed.strip() in error.problem


def test_a_resource_that_is_called_passphrase_is_no_matter_of_passphrases() -> None:
    failed = auto_errors.CommandError(CommandResult(stdout=" + Secret passphrase", stderr="", code=1))
    assert type(translate("s", failed, ["the Secret is invalid"])) is UpdateFailed


def test_a_refusal_names_every_policy_that_was_violated() -> None:
    heard = Heard()
    for event in (
        violation("weights-whole", "<{%fg 3%}>Weights are whole.\n90 and 20 are 110; mend one<{%reset%}>\n"),
        violation("images-pinned", "Images are pinned.\nimage x has no tag;\ngive it one\n"),
        violation("images-pinned", "Images are pinned.\nimage y has no tag", "advisory"),
        violation("weights-whole", "Weights are whole.\n90 and 20 are 110; mend one\n"),
    ):
        heard(event)
    refused = refusal(heard.violations)
    assert refused.policy == "images-pinned"
    assert (
        refused.problem
        == "policy images-pinned: image x has no tag;\ngive it one\npolicy weights-whole: 90 and 20 are 110; mend one"
    )


@dataclass
class Slow:
    """A Pulumi command that is asked to select a stack and takes its time over one of them."""

    slow: str
    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    version = VersionInfo(3, 260, 0)

    def run(self, args: list[str], *rest: object) -> CommandResult:
        if args[:2] == ["stack", "select"] and self.slow in args:
            self.begun.set()
            assert self.ended.wait(10)
        return CommandResult("[]", "", 0)


def test_a_stack_that_is_open_does_not_wait_for_one_that_opens(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: sluice\nruntime: python\n")
    command = Slow("dev.test.second")
    stacks = Stacks(tmp_path, Engine("slow", "3.260.0", command), {})
    stacks.history("dev.test.first", dict)

    opening = threading.Thread(target=stacks.history, args=("dev.test.second", dict))
    opening.start()
    assert command.begun.wait(10)
    assert stacks.history("dev.test.first", dict) == []
    command.ended.set()
    opening.join()
