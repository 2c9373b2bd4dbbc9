"""From an argument list to a verb, and from what it raises to an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace

from engine.cli.arguments import parse
from engine.cli.table import REFUSED, VERBS
from engine.cli.verb import COMMON, Verb
from engine.errors import Bail, EngineError, UsageError
from engine.shell import Shell
from engine.workplace import Workplace

INTERNAL = 255


def execute(shell: Shell, argv: Sequence[str]) -> int:
    """Run one command and return its exit code. What goes wrong is told on the shell's streams."""
    try:
        return _execute(shell, list(argv))
    except Bail as error:
        return error.exit_code
    except EngineError as error:
        first, *rest = str(error).split("\n")
        shell.err(f"error: {first}")
        for line in rest:
            shell.err(line)
        return error.exit_code
    except Exception:  # noqa: BLE001  the last place where a defect of the engine can be told
        shell.err("error: an internal error of the embedded engine; please report it with these lines:")
        for line in traceback.format_exc().splitlines():
            shell.err(line)
        return INTERNAL


def _execute(shell: Shell, argv: list[str]) -> int:
    leading, words = _split(argv)
    verb, rest = find(words)
    if verb is None:
        return _without_verb(shell, leading, words)
    if "--help" in argv or "-h" in argv:
        _help(shell, verb)
        return 0
    arguments = parse([*leading, *rest], verb.accepted)
    verb.require_supported(arguments)
    interactive = shell.interactive and not arguments.flag("non-interactive")
    shell = replace(shell, cwd=shell.cwd / arguments.value("cwd"), interactive=interactive)
    place = Workplace(shell, arguments.value("stack"), arguments.value("config-file"))
    return verb.run(place, arguments) or 0


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Common options before the verb, and the rest."""
    leading: list[str] = []
    words = list(argv)
    while words and words[0].startswith("-") and words[0] != "--":
        word = words.pop(0)
        leading.append(word)
        name = COMMON.short.get(word[1:], word.removeprefix("--"))
        if name in COMMON.values and words:
            leading.append(words.pop(0))
    return leading, words


def find(words: Sequence[str]) -> tuple[Verb | None, list[str]]:
    """The verb that the words begin with, the longest one, and what follows it."""
    for length in (3, 2, 1):
        verb = VERBS.get(" ".join(words[:length])) if len(words) >= length else None
        if verb is not None:
            return verb, list(words[length:])
    return None, list(words)


def _without_verb(shell: Shell, leading: list[str], words: list[str]) -> int:
    if not words:
        if "--version" in leading:
            VERBS["version"].run(Workplace(shell), parse([], VERBS["version"].accepted))
            return 0
        _overview(shell)
        return 0
    reason = REFUSED.get(words[0])
    if reason:
        raise EngineError(reason)
    raise UsageError(f'unknown command "{words[0]}" for "pulumi"\nRun \'pulumi --help\' for usage.')


def _help(shell: Shell, verb: Verb) -> None:
    shell.out(verb.about)
    shell.out("")
    shell.out(f"Usage:\n  pulumi {verb.words} {verb.usage}".rstrip() + " [flags]")
    shell.out("")
    shell.out("Flags:")
    letters = {name: letter for letter, name in verb.accepted.short.items()}
    for name in sorted((verb.accepted.values | verb.accepted.flags) - set(verb.all_refused)):
        short = f"-{letters[name]}, " if name in letters else "    "
        shell.out(f"  {short}--{name}{' VALUE' if name in verb.accepted.values else ''}")


def _overview(shell: Shell) -> None:
    shell.out("The embedded engine: Pulumi's commands without Pulumi's CLI.")
    shell.out("")
    width = max(len(words) for words in VERBS)
    for words in sorted(VERBS):
        shell.out(f"  {words.ljust(width)}  {VERBS[words].about}")
