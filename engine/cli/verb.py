"""A verb of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.cli.arguments import Arguments, Syntax
from engine.errors import EngineError
from engine.workplace import Workplace

Run = Callable[[Workplace, Arguments], int | None]
"""Does the verb; the exit code, None for 0. Failures are raised."""

COMMON = Syntax(
    values=frozenset(
        {
            "color",
            "cwd",
            "verbose",
            "tracing",
            "tracing-header",
            "profiling",
            "memprofilerate",
            "otel-traces",
        }
    ),
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
_NO_LOG = "it keeps no log of its own; pass --debug and --event-log FILE"
_NO_TRACE = "it writes no traces and no profiles; leave it out"
COMMON_REFUSED = {
    "verbose": _NO_LOG,
    "logflow": _NO_LOG,
    "logtostderr": _NO_LOG,
    "tracing": _NO_TRACE,
    "tracing-header": _NO_TRACE,
    "profiling": _NO_TRACE,
    "memprofilerate": _NO_TRACE,
    "otel-traces": _NO_TRACE,
    "emoji": "it shows none; leave it out",
    "disable-integrity-checking": "it checks each state that it reads; mend one with `stack export` and `import`",
    "fully-qualify-stack-names": "it shows short names inside a project; leave it out",
}
COMMON_IDLE = frozenset({"color", "help"})
"""Only operations on a terminal are coloured, and these read it; help is given before options are read."""
NO_OPTIONS = Syntax()
STACK = Syntax(values=frozenset({"stack", "config-file"}), short={"s": "stack"})


@dataclass(frozen=True)
class Verb:
    """`words` as they are typed; `about` is one line.

    `usage` names the positionals, those in brackets may be left out, and before `…` stands what may be repeated:
    `KEY [VALUE]`.

    Every option is read by `run`, or it is in `refused` with what to do instead, or in `idle` because what it asks for
    is so in any case.
    """

    words: str
    about: str
    run: Run
    syntax: Syntax = NO_OPTIONS
    usage: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    idle: frozenset[str] = frozenset()

    @property
    def accepted(self) -> Syntax:
        """Every option that may be given."""
        return COMMON | STACK | self.syntax

    @property
    def all_refused(self) -> Mapping[str, str]:
        """Options of the verb and common ones that are refused, with what to do instead."""
        own = self.syntax.values | self.syntax.flags
        common = {name: text for name, text in COMMON_REFUSED.items() if name not in own}
        return {**common, **self.refused}

    @property
    def takes(self) -> tuple[int, int | None]:
        """The least and the most positionals; None for any number."""
        least = len(self.usage.partition("[")[0].split())
        return least, None if "…" in self.usage else len(self.usage.split())

    def miscounted(self, given: int) -> str:
        """What the official CLI says of so many positionals; the empty text if they may be given."""
        least, most = self.takes
        if least == most and given != least:
            return f"accepts {least} arg(s), received {given}"
        if given < least:
            return f"requires at least {least} arg(s), only received {given}"
        if most is not None and given > most:
            return f"accepts at most {most} arg(s), received {given}"
        return ""

    def require_supported(self, arguments: Arguments) -> None:
        """Raises `EngineError` for an option that is refused; one that is switched off is none."""
        for name, instead in self.all_refused.items():
            off = name in self.accepted.flags and not arguments.flag(name)
            if arguments.has(name) and not off:
                raise EngineError(f"the embedded engine does not support --{name}: {instead}")


def options(values: str = "", flags: str = "", **short: str) -> Syntax:
    """A syntax from words: `options("message target", "yes", m="message")`."""
    return Syntax(frozenset(values.split()), frozenset(flags.split()), short)
