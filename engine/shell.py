"""What a command runs in: its streams, environment, folder, and what it may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.cancellation import Cancellation
from engine.provider import Package

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shell:
    """`out` and `err` take one line each, without its end. `ask` puts a question to the user and returns the answer.

    `interactive`: somebody is there to be asked. `live`: the screen can be redrawn. `terse`: event logs leave out what
    they would tell of each resource.
    """

    env: Mapping[str, str]
    cwd: Path
    out: Say
    err: Say
    packages: Mapping[str, Package]
    interactive: bool = False
    live: bool = False
    terse: bool = False
    ask: Callable[[str], str] = lambda question: ""
    read: Callable[[], str] = lambda: ""
    cancellation: Cancellation = field(default_factory=Cancellation)

    def text(self, text: str) -> None:
        """Print a text of any number of lines."""
        for line in text.split("\n"):
            self.out(line)
