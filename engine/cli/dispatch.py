"""From an argument list to a verb, and from what it raises to an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace

from engine.cli.arguments import Arguments, parse
from engine.cli.table import ALIASES, GROUPS, REFUSED, VERBS
from engine.cli.verb import COMMON, Verb, options
from engine.errors import Bail, EngineError, UsageError
from engine.shell import Shell
from engine.workplace import Workplace

INTERNAL = 255
_BARE = COMMON | options("", "version")
"""What may be given where no verb is."""


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
    name, rest = find(words)
    if name in REFUSED:
        raise EngineError(REFUSED[name])
    verb = VERBS.get(name)
    if "--help" in argv or "-h" in argv:
        _help(shell, verb) if verb else _overview(shell, name)
        return 0
    arguments = parse([*leading, *rest], verb.accepted if verb else _BARE)
    given = arguments.positionals
    if given and find([*name.split(), given[0]])[0] not in ("", name):
        # Options stand before the last word of the command.
        rest.remove(given[0])
        return _execute(shell, [*leading, *name.split(), given[0], *rest])
    if verb is None:
        return _without_verb(shell, name, arguments)
    _require_words(shell, verb, given)
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


def find(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command or group that the words begin with, the longest one, and what follows it; empty if there is none."""
    for length in (3, 2, 1):
        typed = " ".join(words[:length])
        name = ALIASES.get(typed, typed)
        if len(words) >= length and (name in VERBS or name in REFUSED or name in GROUPS):
            return name, list(words[length:])
    return "", list(words)


def _require_words(shell: Shell, verb: Verb, given: Sequence[str]) -> None:
    """Raises `UsageError` for more or fewer positionals than the verb takes."""
    miscounted = verb.miscounted(len(given))
    if miscounted and verb.words in GROUPS:
        raise _unknown(verb.words, given[0])
    if miscounted:
        _help(shell, verb)
        raise UsageError(miscounted)


def _without_verb(shell: Shell, group: str, arguments: Arguments) -> int:
    """The overview of a group or of everything, where no verb is named."""
    if arguments.positionals:
        raise _unknown(group, arguments.positionals[0])
    if arguments.flag("version"):
        VERBS["version"].run(Workplace(shell), arguments)
        return 0
    _overview(shell, group)
    return 1 if group else 0


def _unknown(group: str, word: str) -> UsageError:
    whole = f"pulumi {group}".strip()
    meant = [f"\tpulumi {words}" for words in VERBS if not group and words.split()[1:] == [word]]
    proposed = ["", "Did you mean this?", *meant, ""] if meant else []
    lines = [f'unknown command "{word}" for "{whole}"', *proposed, f"Run '{whole} --help' for usage."]
    return UsageError("\n".join(lines))


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


def _overview(shell: Shell, group: str) -> None:
    shell.out("The embedded engine: Pulumi's commands without Pulumi's CLI.")
    shell.out("")
    shown = sorted(words for words in VERBS if words.startswith(f"{group} ".lstrip()))
    width = max(map(len, shown))
    for words in shown:
        shell.out(f"  {words.ljust(width)}  {VERBS[words].about}")
