"""Every command takes the words that it has a use for, and nothing is done when there are others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.arguments import Arguments
from engine.cli.dispatch import execute, find
from engine.cli.table import ALIASES, GROUPS, REFUSED, VERBS
from engine.cli.verb import Verb
from engine.shell import Shell
from engine.workplace import Workplace

TAKEN: dict[tuple[int, int | None], str] = {
    (
        0,
        0,
    ): "about, config, config env, config env ls, config refresh, config set-all, destroy, install, org, "
    "org get-default, plugin ls, preview, refresh, stack, stack export, stack history, stack import, stack ls, "
    "stack tag ls, stack unselect, version, whoami",
    (0, 1): "cancel, config cp, stack init, stack output, stack rm, stack select, up",
    (0, 3): "import, plugin install, plugin rm",
    (0, None): "state protect, state unprotect",
    (
        1,
        1,
    ): "config env rm, config get, config rm, org set-default, stack rename, stack tag get, stack tag rm",
    (1, 2): "config set",
    (1, None): "config env add, config rm-all",
    (2, 2): "stack tag set",
}
"""The least and the most words of each command, as the official CLI counts them."""
OF = {words: taken for taken, listed in TAKEN.items() for words in listed.split(", ")}


def miscounts() -> Iterator[tuple[str, int, str]]:
    """Commands with one word too few or too many, and what is said of them."""
    for words, (least, most) in OF.items():
        exact = f"accepts {least} arg(s), received "
        if least:
            low = f"requires at least {least} arg(s), only received "
            yield words, least - 1, (exact if least == most else low) + str(least - 1)
        if words in GROUPS:
            yield words, 1, f'unknown command "a0" for "pulumi {words}"'
        elif most is not None:
            high = f"accepts at most {most} arg(s), received "
            yield words, most + 1, (exact if least == most else high) + str(most + 1)


class Prompt:
    """A command line on which no verb does anything; `done` are those that were asked to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.done: list[tuple[str, Arguments]] = []
        self.out: list[str] = []
        self.err: list[str] = []
        self._shell = Shell({}, folder, self.out.append, self.err.append, {})
        for words, verb in VERBS.items():
            monkeypatch.setitem(VERBS, words, self._noting(verb))

    def run(self, words: Sequence[str]) -> int:
        return execute(self._shell, words)

    def _noting(self, verb: Verb) -> Verb:
        def note(place: Workplace, arguments: Arguments) -> None:
            self.done.append((verb.words, arguments))

        return replace(verb, run=note)


@pytest.fixture
def prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prompt:
    return Prompt(tmp_path, monkeypatch)


def test_each_verb_takes_as_many_words_as_the_official_one() -> None:
    assert {words: verb.takes for words, verb in VERBS.items()} == OF


@pytest.mark.parametrize(("words", "count", "said"), list(miscounts()))
def test_a_verb_with_other_words_is_not_done(prompt: Prompt, words: str, count: int, said: str) -> None:
    assert prompt.run([*words.split(), *(f"a{number}" for number in range(count))]) == 1

    assert prompt.err[0] == f"error: {said}"
    assert prompt.done == []


@pytest.mark.parametrize("words", OF)
def test_a_verb_with_its_words_is_done(prompt: Prompt, words: str) -> None:
    least, most = OF[words]
    for count in {least, 5 if most is None else most}:
        given = tuple(f"a{number}" for number in range(count))

        assert prompt.run([*words.split(), *given]) == 0
        assert prompt.done[-1] == (words, Arguments(given))


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_group_knows_what_is_in_it(prompt: Prompt, group: str) -> None:
    assert prompt.run([*group.split(), "nonsense", "--non-interactive"]) == 1

    assert prompt.err == [
        f'error: unknown command "nonsense" for "pulumi {group}"',
        f"Run 'pulumi {group} --help' for usage.",
    ]
    assert prompt.done == []


@pytest.mark.parametrize("group", sorted(GROUPS - set(VERBS)))
def test_a_group_alone_tells_what_is_in_it(prompt: Prompt, group: str) -> None:
    assert (prompt.run(group.split()), prompt.run([*group.split(), "--help"])) == (1, 0)

    named = {line.split("  ")[1] for line in prompt.out if line.startswith("  ")}
    assert named == {words for words in VERBS if words.startswith(f"{group} ")}
    assert prompt.err == []


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_not_built_is_refused_by_its_name(prompt: Prompt, words: str) -> None:
    assert prompt.run([*words.split(), "g.dot"]) == 1

    assert prompt.err == [f"error: {REFUSED[words]}"]
    assert prompt.done == []


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_stands_for_a_verb(alias: str) -> None:
    assert ALIASES[alias] in VERBS
    assert find([*alias.split(), "a"]) == (ALIASES[alias], ["a"])
    assert alias not in VERBS


def test_options_may_stand_before_the_last_word_of_a_command(prompt: Prompt) -> None:
    assert prompt.run(["stack", "-s", "rm", "rm", "a"]) == 0
    assert prompt.run(["stack", "tag", "--non-interactive", "get", "a"]) == 0

    assert prompt.done == [
        ("stack rm", Arguments(("a",), {"stack": ("rm",)})),
        ("stack tag get", Arguments(("a",), {"non-interactive": ("true",)})),
    ]


def test_what_belongs_to_a_group_is_proposed(prompt: Prompt) -> None:
    assert prompt.run(["history"]) == 1

    assert prompt.err == [
        'error: unknown command "history" for "pulumi"',
        "",
        "Did you mean this?",
        "\tpulumi stack history",
        "",
        "Run 'pulumi --help' for usage.",
    ]


def test_a_template_is_not_brought_up(tmp_path: Path) -> None:
    said: list[str] = []

    assert (
        execute(Shell({}, tmp_path, said.append, said.append, {}), ["up", "kubernetes-python", "--yes"]) == 1
    )
    assert said[0].startswith(
        "error: the embedded engine brings up no template such as 'kubernetes-python'; "
    )
