"""A verb of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.cli.arguments import Arguments, Syntax
from engine.workplace import Workplace

Run = Callable[[Workplace, Arguments], int | None]
"""Does the verb; the exit code, None for 0. Failures are raised."""

COMMON = Syntax(
    values=frozenset({"color", "cwd", "verbose", "tracing", "profiling", "memprofilerate", "otel-traces"}),
    flags=frozenset(
        {
            "non-interactive",
            "logflow",
            "logtostderr",
            "emoji",
            "disable-integrity-checking",
            "fully-qualify-stack-names",
            "help",
        }
    ),
    short={"C": "cwd", "v": "verbose", "h": "help", "e": "emoji"},
)
NO_OPTIONS = Syntax()
STACK = Syntax(values=frozenset({"stack", "config-file"}), short={"s": "stack"})


@dataclass(frozen=True)
class Verb:
    """`words` as they are typed; `usage` shows positionals; `about` is one line."""

    words: str
    about: str
    run: Run
    syntax: Syntax = NO_OPTIONS
    usage: str = ""

    @property
    def accepted(self) -> Syntax:
        """Every option that may be given."""
        return COMMON | STACK | self.syntax


def options(values: str = "", flags: str = "", **short: str) -> Syntax:
    """A syntax from words: `options("message target", "yes", m="message")`."""
    return Syntax(frozenset(values.split()), frozenset(flags.split()), short)
