"""Command lines: options may stand anywhere before `--`, as `--name value` or `--name=value`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import ConfigurationError, UsageError

_TRUE, _FALSE = ("true", "1", "t"), ("false", "0", "f")


@dataclass(frozen=True)
class Syntax:
    """Which options a verb takes: those with a value and those without. `short` maps letters to names."""

    values: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    short: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: Syntax) -> Syntax:
        return Syntax(self.values | other.values, self.flags | other.flags, {**self.short, **other.short})


@dataclass(frozen=True)
class Arguments:
    """A parsed command line. Options may be given more than once; `flag` and `value` take the last one."""

    positionals: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def flag(self, name: str, default: bool = False) -> bool:
        given = self.options.get(name)
        return given[-1] in _TRUE if given else default

    def value(self, name: str, default: str = "") -> str:
        given = self.options.get(name)
        return given[-1] if given else default

    def values(self, name: str) -> tuple[str, ...]:
        return self.options.get(name, ())

    def has(self, name: str) -> bool:
        return name in self.options

    def number(self, name: str, default: int) -> int:
        """Raises `ConfigurationError` if the value is no whole number."""
        text = self.value(name)
        if not text:
            return default
        try:
            return int(text)
        except ValueError as error:
            raise ConfigurationError(f"--{name} takes a whole number, not '{text}'") from error

    def require_one_of(self, *names: str) -> None:
        """Raises `UsageError` if more than one of these options is given."""
        given = sorted(filter(self.has, names))
        if len(given) > 1:
            raise UsageError(
                f"if any flags in the group [{' '.join(names)}] are set none of the others can be; "
                f"[{' '.join(given)}] were all set"
            )


def parse(words: Sequence[str], syntax: Syntax) -> Arguments:
    """Raises `ConfigurationError` for options that the verb does not take."""
    positionals: list[str] = []
    options: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            positionals += rest
            break
        if word.startswith("--") or (word.startswith("-") and len(word) > 1 and not word[1].isdigit()):
            name, value = _option(word, rest, syntax)
            options.setdefault(name, []).append(value)
        else:
            positionals.append(word)
    return Arguments(tuple(positionals), {name: tuple(values) for name, values in options.items()})


def _option(word: str, rest: list[str], syntax: Syntax) -> tuple[str, str]:
    """The option that begins with `word`; its value may be taken from `rest`."""
    if word.startswith("--"):
        name, equals, given = word[2:].partition("=")
    else:
        name, equals, given = (
            syntax.short.get(word[1], ""),
            "=" if len(word) > 2 else "",
            word[2:].removeprefix("="),
        )
        if not name:
            raise UsageError(f"unknown shorthand flag: '{word[1]}' in {word}")
    if name in syntax.flags:
        value = given if equals else "true"
        if value not in (*_TRUE, *_FALSE):
            raise ConfigurationError(f"--{name} is true or false, not '{value}'")
        return name, value
    if name not in syntax.values:
        raise UsageError(f"unknown flag: --{name}")
    if equals:
        return name, given
    if not rest:
        raise ConfigurationError(f"--{name} needs a value")
    return name, rest.pop(0)
