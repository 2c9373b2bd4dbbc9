"""The command line as people and scripts use it, with programs in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine import workplace
from engine.cancellation import Cancellation
from engine.cli.dispatch import execute
from engine.provider import Package
from engine.shell import Shell
from tests.engine.cloud import Cloud

ROOT = Path(__file__).parents[3]

PROGRAM = """
import pulumi

config = pulumi.Config()
thing = pulumi.CustomResource("cloud:index:Thing", "a", {"name": "a", "color": config.get("color") or "red"})
pulumi.export("color", config.get("color"))
pulumi.export("hidden", pulumi.Output.secret("x"))
print("hello")
if config.get("fault") == "raise":
    raise ValueError("broken")
if config.get("fault") == "exit":
    raise SystemExit(3)
if config.get("fault") == "say":
    raise pulumi.RunError("not like this")
"""


@dataclass
class Terminal:
    """A project folder and what its commands print."""

    folder: Path
    packages: Mapping[str, Package]
    answers: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    cancellation: Cancellation = field(default_factory=Cancellation)

    def run(self, *words: str) -> int:
        """The exit code; `out` and `err` hold what this command printed."""
        self.out, self.err = [], []
        shell = Shell(
            env={**os.environ, "PULUMI_CONFIG_PASSPHRASE": "x", **self.env},
            cwd=self.folder,
            out=self.out.append,
            err=self.err.append,
            packages=self.packages,
            interactive=bool(self.answers),
            ask=lambda question: self.answers.pop(0),
            cancellation=self.cancellation,
        )
        return execute(shell, words)

    @property
    def text(self) -> str:
        return "\n".join(self.out)

    @property
    def errors(self) -> str:
        return "\n".join(self.err)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    for name in ("state", "cloud", "home", "project"):
        (tmp_path / name).mkdir()
    (tmp_path / "project" / "Pulumi.yaml").write_text(
        f"name: shop\nruntime: python\nbackend:\n  url: file://{tmp_path / 'state'}\n"
    )
    (tmp_path / "project" / "__main__.py").write_text(PROGRAM)
    cloud = Cloud(tmp_path / "cloud")
    env = {"PULUMI_HOME": str(tmp_path / "home")}
    terminal = Terminal(tmp_path / "project", {"cloud": cloud}, env=env)  # type: ignore[dict-item]
    assert terminal.run("stack", "init", "dev") == 0
    assert terminal.err == ["Created stack 'dev'"]
    return terminal


def test_an_update_prints_rows_sections_and_totals(terminal: Terminal) -> None:
    assert terminal.run("up", "--yes", "--skip-preview") == 0

    assert terminal.out[0] == "Updating (dev):"
    assert " +  cloud:index:Thing a created" in terminal.text
    assert "    hello" in terminal.out
    assert "    hidden: [secret]" in terminal.out
    assert "    + 2 created" in terminal.out
    assert terminal.out[-1].startswith("Duration: ")


def test_up_previews_and_asks_and_takes_no_for_an_answer(terminal: Terminal) -> None:
    terminal.answers = ["details", "no"]
    assert terminal.run("up") == 1
    assert "    + 2 to create" in terminal.out
    assert "+ cloud:index:Thing: (create)" in terminal.out
    assert "confirmation declined" in terminal.errors

    terminal.answers = ["yes"]
    assert terminal.run("up") == 0
    assert "    + 2 created" in terminal.out


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (
            ["up"],
            2,
            "--yes or --skip-preview or --preview-only must be passed in to proceed when running in non-",
        ),
        (["up", "--yes", "--stack", "nope"], 6, "no stack named 'nope' found"),
        (["up", "--yes", "--bogus"], 1, "unknown flag: --bogus"),
        (["up", "--yes", "--parallel", "many"], 1, "--parallel takes a whole number, not 'many'"),
        (["up", "--yes", "--save-plan", "p"], 1, "does not support --save-plan"),
        (
            ["refresh", "--yes", "--run-program"],
            1,
            "does not support --run-program: a refresh or a destroy runs no",
        ),
        (["destroy", "--yes", "--remove", "--target", "a"], 1, "none of the others can be"),
        (["up", "--yes", "--verbose", "9"], 1, "does not support --verbose: it keeps no log of its own"),
        (["up", "--yes", "--remove"], 1, "unknown flag: --remove"),
        (["stack", "export", "--version", "3"], 1, "what each update left lies there under .pulumi/history"),
        (["stack", "ls", "--organization", "o"], 1, "the backend has no organizations"),
        (["stack", "init", "new", "--copy-config-from", "none"], 6, "no stack named 'none' found"),
        (["config", "cp", "nothing", "--dest", "dev"], 1, "configuration key 'nothing' not found"),
        (["frobnicate"], 1, 'unknown command "frobnicate"'),
        (["new"], 1, "install the official Pulumi CLI"),
        (["config", "get", "nothing"], 1, "configuration key 'nothing' not found for stack 'dev'"),
        (["stack", "init", "dev"], 1, "stack 'organization/shop/dev' already exists"),
        (["config", "env", "ls"], 1, "does not support environments"),
        (["up", "--yes", "--target", "a", "--exclude", "b"], 1, "none of the others can be"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_told_in_one_sentence(
    terminal: Terminal, words: list[str], code: int, error: str
) -> None:
    assert terminal.run(*words) == code
    assert terminal.errors.startswith("error: ")
    assert error in terminal.errors
    assert "Traceback" not in terminal.errors


@pytest.mark.parametrize("name", ["PULUMI_DIY_BACKEND_GZIP", "PULUMI_SKIP_CHECKPOINTS"])
def test_other_ways_of_keeping_states_are_refused(terminal: Terminal, name: str) -> None:
    terminal.env[name] = "true"

    assert terminal.run("stack", "ls") == 1
    assert f"does not support {name}: " in terminal.errors

    terminal.env[name] = "false"
    assert terminal.run("stack", "ls") == 0


@pytest.mark.parametrize("verb", ["refresh", "destroy"])
def test_a_program_that_the_environment_asks_for_is_refused(terminal: Terminal, verb: str) -> None:
    terminal.env["PULUMI_RUN_PROGRAM"] = "true"

    assert terminal.run(verb, "--yes", "--skip-preview") == 1
    assert "does not support PULUMI_RUN_PROGRAM: " in terminal.errors
    assert terminal.run(verb, "--yes", "--skip-preview", "--run-program=false") == 0


def test_states_of_another_layout_are_left_alone(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    described = terminal.folder.parent / "state" / ".pulumi" / "meta.yaml"
    assert described.read_text() == "version: 1\n"
    described.write_text("version: 2\n")
    # As if another process looked: this one knows the folder already.
    monkeypatch.setattr(workplace, "_known_layouts", set())

    assert terminal.run("up", "--yes", "--skip-preview") == 1
    assert "'meta.yaml' version (2) is not supported" in terminal.errors


def test_what_is_switched_off_is_not_refused(terminal: Terminal) -> None:
    assert terminal.run("refresh", "--yes", "--skip-preview", "--run-program=false") == 0


def test_a_stack_goes_with_what_it_holds_if_asked(terminal: Terminal) -> None:
    assert terminal.run("up", "--yes", "--skip-preview", "-c", "color=blue", "--config", "a=x=y") == 0
    assert '    color : "blue"' in terminal.out
    assert terminal.run("stack", "init", "copy", "--copy-config-from", "dev", "--no-select") == 0
    assert terminal.run("config", "get", "a", "--stack", "copy") == 0
    assert terminal.out == ["x=y"]

    assert terminal.run("destroy", "--yes", "--skip-preview", "--remove") == 0

    assert terminal.out[-1] == (
        "The resources in the stack have been deleted, and the history and configuration removed."
    )
    assert terminal.run("stack", "ls", "--json") == 0
    assert [item["name"] for item in json.loads(terminal.text)] == ["copy"]
    assert not (terminal.folder / "Pulumi.dev.yaml").exists()


def test_a_stack_of_which_something_stays_is_not_removed(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")

    assert terminal.run("destroy", "--yes", "--skip-preview", "--remove", "--exclude", "**::a") == 1
    assert "still has resources; removal rejected" in terminal.errors
    assert terminal.run("destroy", "--remove", "--preview-only") == 0
    assert terminal.run("stack", "--show-name") == 0


def test_stacks_are_listed_by_their_tags(terminal: Terminal) -> None:
    terminal.run("stack", "tag", "set", "owner", "carol")

    listed = {}
    for tag in ("owner", "owner=carol", "owner=bob", "other", "="):
        terminal.run("stack", "ls", "--json", "--tag", tag)
        listed[tag] = [item["name"] for item in json.loads(terminal.text)]

    assert listed == {"owner": ["dev"], "owner=carol": ["dev"], "owner=bob": [], "other": [], "=": []}


def test_a_removed_stack_takes_its_copies_along_if_asked(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")
    terminal.run("destroy", "--yes", "--skip-preview")

    assert terminal.run("stack", "rm", "--yes", "--remove-backups") == 0

    assert [path for path in (terminal.folder.parent / "state").rglob("*dev*") if path.is_file()] == []


def test_a_resource_is_imported_under_a_parent(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")
    parent = "urn:pulumi:dev::shop::cloud:index:Thing::a"
    (terminal.folder.parent / "cloud" / "b.json").write_text('{"name": "b"}')
    given = ["cloud:index:Thing", "b", "b", "--generate-code=false", "--yes"]

    refused = terminal.run("import", *given, "--parent", "a")
    told = terminal.errors
    done = terminal.run("import", *given, "--parent", f"a={parent}")

    assert (refused, done) == (1, 0)
    assert "invalid parent URN: 'a'; give it as URN or NAME=URN" in told
    terminal.run("stack", "export")
    held = json.loads(terminal.text)["deployment"]["resources"]
    assert [item["parent"] for item in held if item.get("id") == "b"] == [parent]


def test_secrets_of_a_stack_are_shown_if_asked(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")

    terminal.run("stack")
    hidden = terminal.text
    terminal.run("stack", "--show-secrets")

    assert "hidden: [secret]" in hidden
    assert 'hidden: "x"' in terminal.text


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("raise", "ValueError: broken"),
        ("exit", "Program exited with non-zero exit code: 3"),
        ("say", "error: not like this"),
    ],
)
def test_a_failing_program_fails_the_update_with_its_own_words(
    terminal: Terminal, fault: str, text: str
) -> None:
    terminal.run("config", "set", "fault", fault)

    assert terminal.run("up", "--yes", "--skip-preview") == 1
    assert text in terminal.text
    assert "runner.py" not in terminal.text
    assert "error: update failed" not in terminal.text


def test_configuration_reaches_the_program_and_its_outputs(terminal: Terminal) -> None:
    assert terminal.run("config", "set", "color", "blue") == 0
    assert terminal.run("config", "set", "--secret", "password", "hush") == 0
    assert terminal.run("config") == 0
    assert terminal.out == ["KEY       VALUE", "color     blue", "password  [secret]"]
    assert terminal.run("config", "get", "password") == 0
    assert terminal.out == ["hush"]

    assert terminal.run("up", "--yes", "--skip-preview") == 0
    assert terminal.run("stack", "output", "--json") == 0
    assert json.loads(terminal.text) == {"color": "blue", "hidden": "[secret]"}
    assert terminal.run("stack", "output", "hidden", "--show-secrets") == 0
    assert terminal.out == ["x"]


def test_a_difference_is_shown_property_by_property(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")
    terminal.run("config", "set", "color", "blue")

    assert terminal.run("preview", "--diff") == 0

    assert "~ cloud:index:Thing: (update)" in terminal.out
    assert '  ~ color: "red" => "blue"' in terminal.out
    assert "    ~ 1 to update" in terminal.out


def test_a_preview_can_be_read_by_programs(terminal: Terminal) -> None:
    assert terminal.run("preview", "--json") == 0

    digest = json.loads(terminal.text)
    assert digest["changeSummary"] == {"create": 2}
    assert [step["op"] for step in digest["steps"]] == ["create", "create"]
    assert any(item["message"].startswith("hello") for item in digest["diagnostics"])


def test_a_state_travels_by_export_and_import(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")
    assert terminal.run("stack", "export", "--file", "state.json") == 0
    terminal.run("destroy", "--yes", "--skip-preview")

    assert terminal.run("stack", "import", "--file", "state.json") == 0
    assert terminal.out == ["Import complete."]
    assert terminal.run("stack", "output", "hidden", "--show-secrets") == 0
    assert terminal.out == ["x"]


def test_an_existing_resource_is_imported_by_type_name_and_id(terminal: Terminal) -> None:
    (terminal.folder.parent / "cloud" / "given.json").write_text('{"name": "given"}')

    assert terminal.run("import", "cloud:index:Thing", "b", "given", "--yes") == 0
    assert " =  cloud:index:Thing b imported" in terminal.text

    assert terminal.run("up", "--yes", "--skip-preview") == 1
    assert "cannot be deleted" in terminal.text


def test_an_import_previews_and_asks_and_leaves_what_is_held_alone(terminal: Terminal) -> None:
    (terminal.folder.parent / "cloud" / "given.json").write_text('{"name": "given"}')
    words = ["import", "cloud:index:Thing", "b", "given", "--generate-code=false"]

    terminal.answers = ["no"]
    assert terminal.run(*words) == 1
    assert "    = 1 to import" in terminal.out
    assert "confirmation declined" in terminal.errors
    terminal.answers = ["yes"]
    assert terminal.run(*words) == 0
    assert terminal.run(*words, "--yes") == 0
    assert "    2 unchanged" in terminal.out


def test_stacks_are_listed_renamed_tagged_and_removed(terminal: Terminal) -> None:
    terminal.run("stack", "init", "other")
    assert terminal.run("stack", "ls") == 0
    assert [line.split()[0] for line in terminal.out] == ["NAME", "dev", "other*"]

    assert terminal.run("stack", "select", "dev") == 0
    assert terminal.run("stack", "rename", "prod") == 0
    assert terminal.run("stack", "tag", "set", "team", "shop") == 0
    assert terminal.run("stack", "tag", "get", "team") == 0
    assert terminal.out == ["shop"]

    terminal.run("up", "--yes", "--skip-preview")
    assert terminal.run("stack", "rm", "--yes") == 1
    assert "'prod' still has resources; removal rejected" in terminal.errors
    terminal.run("destroy", "--yes", "--skip-preview")
    assert terminal.run("stack", "rm", "--yes") == 0
    assert terminal.out == ["Stack 'prod' has been removed!"]
    assert not (terminal.folder / "Pulumi.prod.yaml").exists()


SLOW = """
import pulumi

first = pulumi.CustomResource("cloud:index:Thing", "first", {"name": "first", "seconds": 1, "size": None})
pulumi.CustomResource("cloud:index:Thing", "second", {"name": "second", "of": first.size})
"""


def test_a_resource_named_to_destroy_does_not_destroy_the_stack(terminal: Terminal) -> None:
    terminal.run("up", "--yes", "--skip-preview")
    cloud = terminal.packages["cloud"]
    assert isinstance(cloud, Cloud)
    held = cloud.things()

    assert terminal.run("destroy", "some-resource", "--yes", "--skip-preview") == 1

    assert terminal.err == ["error: accepts 0 arg(s), received 1"]
    assert held
    assert cloud.things() == held


def test_an_interrupt_lets_the_running_steps_finish(terminal: Terminal) -> None:
    (terminal.folder / "__main__.py").write_text(SLOW)
    cloud = terminal.packages["cloud"]
    assert isinstance(cloud, Cloud)
    cloud.at_create = terminal.cancellation.ask

    assert terminal.run("up", "--yes", "--skip-preview") == 8

    assert "update canceled" in terminal.text
    assert list(cloud.things()) == ["first"]
    terminal.cancellation = Cancellation()
    terminal.run("stack", "export")
    held = [item["urn"].split("::")[-1] for item in json.loads(terminal.text)["deployment"]["resources"]]
    assert held == ["shop-dev", "default", "first"]
    terminal.run("stack", "history", "--json")
    assert json.loads(terminal.text)[0]["result"] == "failed"


# Deriving a key is slow on purpose; the state of these tests is written with fewer rounds.
MAIN = """
import sys
from engine.state import secrets
from engine.__main__ import main
secrets.ITERATIONS = 1000
sys.exit(main())
"""


def test_a_second_interrupt_ends_a_program_that_hangs(terminal: Terminal) -> None:
    (terminal.folder / "__main__.py").write_text(
        "import sys, time\nprint('hanging', flush=True)\ntime.sleep(600)\n"
    )
    env = {**os.environ, **terminal.env, "PULUMI_CONFIG_PASSPHRASE": "x", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MAIN, "up", "--yes", "--skip-preview", "--json"]
    with subprocess.Popen(
        command, cwd=terminal.folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while "hanging" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "press ^C again" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    assert process.returncode == 8
