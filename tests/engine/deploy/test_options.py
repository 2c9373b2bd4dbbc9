"""Every option of every command is obeyed, refused with what to do instead, or asks for what is so in any case."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest

from engine.cli import dispatch
from engine.cli.arguments import Arguments
from engine.cli.table import VERBS
from engine.cli.verb import COMMON_IDLE, Verb

READERS = {name for name, _ in inspect.getmembers(Arguments, inspect.isfunction)}


def read_by(function: Callable[..., Any], seen: set[Callable[..., Any]]) -> Iterator[str]:
    """Options that a function of the command line reads, itself or through functions that it names."""
    if function in seen:
        return
    seen.add(function)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            yield from (str(item.value) for item in node.args if isinstance(item, ast.Constant))
        named = function.__globals__.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(named, FunctionType) and named.__module__.startswith("engine.cli."):
            yield from read_by(named, seen)


def only_refuses(verb: Verb) -> bool:
    """Whether the command as a whole is refused, whatever its options."""
    body = ast.parse(textwrap.dedent(inspect.getsource(verb.run))).body[0]
    return isinstance(body, ast.FunctionDef) and isinstance(body.body[-1], ast.Raise) and len(body.body) == 1


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_no_option_is_accepted_and_left_unread(verb: Verb) -> None:
    declared = verb.accepted.values | verb.accepted.flags
    told = {*verb.all_refused, *verb.idle, *COMMON_IDLE}
    read = {*read_by(dispatch._execute, set()), *read_by(verb.run, set())}

    assert only_refuses(verb) or declared - told - read == set()
    assert {*verb.all_refused, *verb.idle} <= declared, "what is not taken needs no word"


def test_the_walk_finds_what_is_read_far_away_and_nothing_else() -> None:
    found = set(read_by(VERBS["destroy"].run, set()))

    assert {"remove", "json", "config-path", "event-log", "yes"} <= found
    assert not {"version", "tag", "plan"} & found
