"""The words of a condition, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "text", "name", "sign", "end"]
WORDS = ("not", "in", "and", "or", "matches", "contains", "startsWith", "endsWith", "let", "if", "else")
"""Names that are operators, and so never stand for a value."""
_PATTERNS = (
    ("space", r"\s+|//[^\n]*|/\*.*?\*/"),
    (
        "number",
        r"0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*)?\.[0-9][0-9_]*(?:[eE][+-]?[0-9]+)?",
    ),
    ("whole", r"[0-9][0-9_]*(?:[eE][+-]?[0-9]+|\.(?![.\w]))?"),
    ("name", r"[A-Za-z_$][A-Za-z0-9_$]*"),
    ("raw", r"`[^`]*`"),
    ("text", r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"),
    ("sign", r"\?\.|\?\?|\*\*|==|!=|<=|>=|&&|\|\||\.\.|[-+*/%^<>!?:.,;=#|()\[\]{}]"),
)
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS), re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Malformed(ValueError):
    """A condition that can't be read: `problem` at the character `at`, counted from 0."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(f"character {at + 1}: {problem}")
        self.problem, self.at = problem, at


@dataclass(frozen=True)
class Token:
    """`text` is what stands there, of a text its value."""

    kind: Kind
    text: str
    at: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


def tokens(condition: str) -> Iterator[Token]:
    """All words, and a last one of kind "end". Raises Malformed."""
    at = 0
    while at < len(condition):
        match = _TOKEN.match(condition, at)
        if match is None:
            raise Malformed(_illegible(condition, at), at)
        if match.lastgroup != "space":
            yield _token(str(match.lastgroup), match[0], at)
        at = match.end()
    yield Token("end", "", at)


def _token(group: str, text: str, at: int) -> Token:
    match group:
        case "name":
            return Token("sign" if text in WORDS else "name", text, at)
        case "number" | "whole":
            return Token("number", text, at)
        case "raw":
            return Token("text", text[1:-1], at)
        case "text":
            return Token("text", _ESCAPE.sub(lambda one: _unescaped(one, at), text[1:-1]), at)
    return Token("sign", text, at)


def _unescaped(match: re.Match[str], at: int) -> str:
    code = match[1] or match[2] or match[3]
    if code or match[4]:
        number = int(code, 16) if code else int(match[4], 8)
        if number > 0x10FFFF:
            raise Malformed(f"{match[0]} is no character", at)
        return chr(number)
    return _LETTERS.get(match[5], match[5])


def _illegible(condition: str, at: int) -> str:
    if condition[at] in "\"'`":
        return "a text that begins here has no end"
    return f"{condition[at]!r} is not allowed here"
