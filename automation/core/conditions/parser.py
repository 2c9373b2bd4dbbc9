"""Reads a condition in the language of Argo's analyses: expr-lang's grammar, as far as a condition has use for it.

Names and functions are checked, too, so that a misspelt one is found before a release and not in the middle of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from difflib import get_close_matches

from automation.core.conditions.functions import FUNCTIONS
from automation.core.conditions.predicates import PREDICATES
from automation.core.conditions.syntax import (
    Binary,
    Call,
    Chain,
    Choice,
    Constant,
    Items,
    Let,
    Member,
    Name,
    Node,
    Pairs,
    Pointer,
    Slice,
    Unary,
)
from automation.core.conditions.tokens import Malformed, Token, tokens

RESULT = "result"
"""What was measured, by the name under which a condition asks for it."""
_UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
_BINARY = {
    "|": 0,
    "or": 10,
    "||": 10,
    "and": 15,
    "&&": 15,
    **dict.fromkeys(
        ("==", "!=", "<", ">", ">=", "<=", "in", "matches", "contains", "startsWith", "endsWith"), 20
    ),
    "..": 25,
    "+": 30,
    "-": 30,
    "*": 60,
    "/": 60,
    "%": 60,
    "**": 100,
    "^": 100,
    "??": 500,
}
"""expr-lang's order: what has a higher number is taken together first."""
_TO_THE_RIGHT = ("**", "^")
_ORDERING = ("<", ">", "<=", ">=")
_NEGATABLE = ("in", "matches", "contains", "startsWith", "endsWith")
_CONSTANTS = {"true": True, "false": False, "nil": None}


def parse(condition: str) -> Node:
    """The tree of a condition. Raises Malformed."""
    try:
        return _Parser(list(tokens(condition))).whole()
    except RecursionError:
        raise Malformed("it is nested deeper than can be read", 0) from None


class _Parser:
    """Descends through the words of one condition."""

    def __init__(self, words: Sequence[Token]) -> None:
        self._words = words
        self._next = 0
        self._known = [RESULT]
        self._pointed: list[tuple[str, ...]] = []

    @property
    def _word(self) -> Token:
        return self._words[self._next]

    def whole(self) -> Node:
        tree = self._sequence()
        if self._word.kind != "end":
            raise self._unexpected("an operator or the end")
        return tree

    def _is(self, *signs: str) -> bool:
        return self._word.kind == "sign" and self._word.text in signs

    def _take(self) -> Token:
        word = self._word
        self._next += 1
        return word

    def _takes(self, sign: str) -> bool:
        """Whether the next word is this sign, which is then taken."""
        found = self._is(sign)
        self._next += found
        return found

    def _expect(self, sign: str) -> Token:
        if not self._is(sign):
            raise self._unexpected(repr(sign))
        return self._take()

    def _expect_name(self) -> Token:
        if self._word.kind != "name":
            raise self._unexpected("a name")
        return self._take()

    def _unexpected(self, wanted: str) -> Malformed:
        return Malformed(f"{self._word} stands where {wanted} should", self._word.at)

    def _sequence(self) -> Node:
        """An expression, or declarations before one."""
        if not self._is("let"):
            return self._expression()
        self._take()
        name = self._expect_name()
        self._expect("=")
        value = self._expression()
        self._expect(";")
        self._known.append(name.text)
        body = self._sequence()
        self._known.pop()
        return Let(name.text, value, body)

    def _expression(self, least: int = 0) -> Node:
        """What is taken together by operators of precedence `least` or more."""
        if least == 0 and self._is("if"):
            return self._if()
        left = self._operand()
        before = ""
        while (taken := self._operator(least)) is not None:
            word, negated = taken
            if before == "??" and word.text != "??":
                raise Malformed(f"?? and {word.text} are mixed; put one of them in parentheses", word.at)
            left = self._binary(left, word)
            left = Unary("not", left, word.at) if negated else left
            before = word.text
        return left if least else self._choice(left)

    def _operator(self, least: int) -> tuple[Token, bool] | None:
        """The next binary operator, and whether a `not` stands before it; None if there is none that binds enough."""
        negated = self._is("not")
        word = self._words[self._next + negated]
        if negated and (word.kind != "sign" or word.text not in _NEGATABLE):
            self._next += 1
            raise self._unexpected(f"one of {', '.join(_NEGATABLE)}")
        if word.kind != "sign" or _BINARY.get(word.text, -1) < least:
            return None
        self._next += 1 + negated
        return word, negated

    def _binary(self, left: Node, word: Token) -> Node:
        sign, precedence = word.text, _BINARY[word.text]
        if sign == "|":
            return self._call(self._expect_name(), (left,))
        if sign in _ORDERING:
            return self._comparison(left, word)
        right = self._expression(precedence if sign in _TO_THE_RIGHT else precedence + 1)
        return Binary(sign, left, right, word.at)

    def _comparison(self, left: Node, word: Token) -> Node:
        """A comparison; `1 < x < 3` means both of its halves."""
        right = self._expression(_BINARY[word.text] + 1)
        tree: Node = Binary(word.text, left, right, word.at)
        while self._is(*_ORDERING):
            word, left = self._take(), right
            right = self._expression(_BINARY[word.text] + 1)
            tree = Binary("&&", tree, Binary(word.text, left, right, word.at), word.at)
        return tree

    def _choice(self, condition: Node) -> Node:
        while self._is("?"):
            at = self._take().at
            then = condition if self._is(":") else self._expression()
            self._expect(":")
            condition = Choice(condition, then, self._expression(), at)
        return condition

    def _if(self) -> Node:
        at = self._expect("if").at
        condition = self._expression()
        then = self._block()
        self._expect("else")
        return Choice(condition, then, self._if() if self._is("if") else self._block(), at)

    def _block(self) -> Node:
        self._expect("{")
        tree = self._sequence()
        self._expect("}")
        return tree

    def _operand(self) -> Node:
        word = self._word
        if word.kind == "sign" and word.text in _UNARY:
            self._take()
            return self._members(Unary(word.text, self._expression(_UNARY[word.text]), word.at))
        if self._takes("("):
            tree = self._sequence()
            self._expect(")")
            return self._members(tree)
        if self._is("#", "."):
            return self._members(self._pointer())
        return self._value()

    def _pointer(self) -> Node:
        """What a predicate is asked about; `.field` is short for `#.field`."""
        at = self._word.at
        if not self._pointed:
            raise Malformed(f"{self._word} has a meaning only in a predicate, such as any(result, # > 1)", at)
        name = self._take().text if self._takes("#") and self._word.kind == "name" else ""
        if name not in self._pointed[-1]:
            known = ", ".join(f"#{one}" for one in self._pointed[-1])
            raise Malformed(f"#{name} is not known here; known are {known}", at)
        return Pointer(name, at)

    def _value(self) -> Node:
        word = self._word
        if word.kind == "number":
            return Constant(_number(self._take()))
        if word.kind == "text":
            return self._members(Constant(self._take().text))
        if word.kind == "name":
            return self._named(self._take())
        if self._is("["):
            return self._members(Items(self._listed("[", "]")))
        if self._is("{"):
            return self._members(self._pairs())
        raise self._unexpected("a value")

    def _named(self, word: Token) -> Node:
        if word.text in _CONSTANTS:
            return Constant(_CONSTANTS[word.text])
        if self._is("("):
            return self._members(self._call(word))
        if word.text not in self._known:
            raise Malformed(_unknown(word.text, self._known), word.at)
        return self._members(Name(word.text, word.at))

    def _call(self, word: Token, given: tuple[Node, ...] = ()) -> Node:
        """A function; `given` are arguments that stand before it in a pipe."""
        if word.text in PREDICATES:
            return self._call_with_predicate(word, given)
        if word.text not in FUNCTIONS:
            raise Malformed(_unknown(word.text, (*FUNCTIONS, *PREDICATES)), word.at)
        arguments = (*given, *self._listed("(", ")"))
        least, most = FUNCTIONS[word.text].arguments
        if not least <= len(arguments) <= most:
            raise Malformed(f"{word.text} takes {_counted(least, most)}, not {len(arguments)}", word.at)
        return self._members(Call(word.text, arguments, word.at))

    def _call_with_predicate(self, word: Token, given: tuple[Node, ...]) -> Node:
        """Of a function that takes a list, a predicate, and (`reduce`) what to begin with."""
        self._expect("(")
        arguments = given or (self._expression(),)
        if given or self._takes(","):
            arguments = (*arguments, self._predicate(PREDICATES[word.text].pointed))
        while self._takes(",") and not self._is(")"):
            arguments = (*arguments, self._expression())
        self._expect(")")
        least, most = PREDICATES[word.text].arguments
        if not least <= len(arguments) <= most:
            raise Malformed(f"{word.text} takes {_counted(least, most)}, not {len(arguments)}", word.at)
        return self._members(Call(word.text, arguments, word.at))

    def _predicate(self, pointed: tuple[str, ...]) -> Node:
        self._pointed.append(pointed)
        tree = self._block() if self._is("{") else self._expression()
        self._pointed.pop()
        return tree

    def _listed(self, opening: str, closing: str) -> tuple[Node, ...]:
        self._expect(opening)
        found: list[Node] = []
        while not self._is(closing):
            found.append(self._expression())
            if not self._takes(","):
                break
        self._expect(closing)
        return tuple(found)

    def _pairs(self) -> Node:
        self._expect("{")
        found: list[tuple[Node, Node]] = []
        while not self._is("}"):
            found.append((self._key(), self._expression()))
            if not self._takes(","):
                break
        self._expect("}")
        return Pairs(tuple(found))

    def _key(self) -> Node:
        key: Node
        if self._is("("):
            key = self._operand()
        elif self._word.kind in ("number", "text", "name"):
            key = Constant(self._take().text)
        else:
            raise self._unexpected("the name of a field")
        self._expect(":")
        return key

    def _members(self, tree: Node) -> Node:
        """What stands behind a value: fields, items and slices."""
        while self._is(".", "?.", "["):
            word = self._take()
            inner = tree.inner if isinstance(tree, Chain) else tree
            optional = word.text == "?."
            indexed = word.text == "[" or (optional and self._takes("["))
            found = self._index(inner, word, optional) if indexed else self._field(inner, word, optional)
            tree = Chain(found) if optional or isinstance(tree, Chain) else found
        return tree

    def _field(self, whole: Node, word: Token, optional: bool) -> Node:
        name = self._word
        if name.kind != "name" and not name.text.isidentifier():
            raise self._unexpected("the name of a field")
        self._take()
        if self._is("("):
            raise Malformed(f"{name.text} is called on a value, and values have no functions here", name.at)
        return Member(whole, Constant(name.text), optional, word.at)

    def _index(self, whole: Node, word: Token, optional: bool) -> Node:
        first = None if self._is(":") else self._expression()
        if self._takes(":"):
            last = None if self._is("]") else self._expression()
            self._expect("]")
            return Slice(whole, first, last, word.at)
        self._expect("]")
        if first is None:
            raise self._unexpected("an index")
        return Member(whole, first, optional, word.at)


def _number(word: Token) -> int | float:
    text = word.text.replace("_", "").lower()
    try:
        if text.startswith(("0x", "0b", "0o")):
            return int(text, 0)
        found = float(text) if "." in text or "e" in text else int(text)
    except ValueError as wrong:
        raise Malformed(f"{word.text} is no number", word.at) from wrong
    if not -math.inf < found < math.inf:
        raise Malformed(f"{word.text} is too large", word.at)
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return f"{name} is not known; did you mean {' or '.join(near)}?"
    return f"{name} is not known; known are {', '.join(sorted(known))}"


def _counted(least: int, most: int) -> str:
    told = str(least) if least == most else f"{least} to {most}"
    return f"{told} argument" + ("" if told == "1" else "s")
