"""The pieces that examples are told with: commands shown before they run, headings, and what users felt meanwhile."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SLUICE = PROJECT / ".venv" / "bin" / "sluice"


class Unexpected(Exception):
    """A command of the story ended otherwise than the story says."""


@dataclass
class Story:
    """Runs a story's commands in one folder with one environment, and remembers how long each took, in seconds."""

    folder: Path = PROJECT
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    spent: list[tuple[str, float]] = field(default_factory=list)

    def heading(self, text: str) -> None:
        print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)

    def say(self, text: str) -> None:
        print(text, flush=True)

    def run(self, *command: str, expect: Sequence[int] = (0,), shown: str = "") -> int:
        """Shows and runs a command. Raises Unexpected when its exit code isn't one of `expect`."""
        print(f"$ {shown or shlex.join(command)}", flush=True)
        begun = time.monotonic()
        program = str(SLUICE) if command[0] == "sluice" else command[0]
        code = subprocess.run(
            [program, *command[1:]], cwd=self.folder, env=self.environment, check=False
        ).returncode
        self.spent.append((shlex.join(command), time.monotonic() - begun))
        if code not in expect:
            wanted = " or ".join(map(str, expect))
            raise Unexpected(f"`{shlex.join(command)}` ended with {code} where the story says {wanted}")
        return code

    def ask(self, *command: str) -> str:
        """The output of a command that isn't part of what is shown."""
        program = str(SLUICE) if command[0] == "sluice" else command[0]
        done = subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Unexpected(f"`{shlex.join(command)}` ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def take(self, exports: str) -> None:
        """Takes over `export NAME=value` lines, as `eval "$(…)"` would."""
        self.environment.update(parse_exports(exports))


def parse_exports(text: str) -> Mapping[str, str]:
    """NAME -> value of every `export NAME=value` line."""
    found = {}
    for line in text.splitlines():
        words = shlex.split(line)
        if len(words) == 2 and words[0] == "export" and "=" in words[1]:
            name, value = words[1].split("=", 1)
            found[name] = value
    return found


@contextmanager
def laboratory(story: Story, name: str) -> Iterator[None]:
    """A lab, an empty state and a project of its own; the lab goes at the end, unless KEEP is set."""
    state = PROJECT / ".sluice" / name
    story.heading("A cluster")
    story.run("sluice", "lab", "up", "--name", name)
    try:
        story.take(story.ask("sluice", "lab", "env", "--name", name))
        shutil.rmtree(state, ignore_errors=True)
        story.folder = scratch_project(state)
        story.environment.update(
            PULUMI_BACKEND_URL=state.as_uri(), PULUMI_CONFIG_PASSPHRASE="", PULUMI_HOME=str(state / "home")
        )
        yield
    finally:
        if not os.environ.get("KEEP"):
            story.run("sluice", "lab", "down", "--name", name)


def scratch_project(folder: Path) -> Path:
    """A project of its own that runs this one's program, so that a story leaves no stack configuration behind."""
    project = folder / "project"
    project.mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(PROJECT / name, project / name)
    for name in (".venv", "policies"):
        (project / name).symlink_to(PROJECT / name)
    return project
