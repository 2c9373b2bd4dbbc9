"""`pulumi stack tag …`."""

from __future__ import annotations

import json

from engine.cli.arguments import Arguments
from engine.cli.tables import print_table
from engine.cli.verb import Verb, options
from engine.errors import EngineError
from engine.state import stacks
from engine.workplace import Workplace


def tag_get(place: Workplace, arguments: Arguments) -> None:
    key = arguments.positionals[0]
    tags = stacks.read_tags(place.backend, place.existing)
    if key not in tags:
        raise EngineError(f"stack tag '{key}' not found for stack '{place.shown(place.ref)}'")
    place.shell.out(tags[key])


def tag_set(place: Workplace, arguments: Arguments) -> None:
    key, value = arguments.positionals
    tags = stacks.read_tags(place.backend, place.existing)
    stacks.write_tags(place.backend, place.ref, {**tags, key: value})


def tag_rm(place: Workplace, arguments: Arguments) -> None:
    key = arguments.positionals[0]
    tags = stacks.read_tags(place.backend, place.existing)
    stacks.write_tags(place.backend, place.ref, {name: value for name, value in tags.items() if name != key})


def tag_ls(place: Workplace, arguments: Arguments) -> None:
    tags = stacks.read_tags(place.backend, place.existing)
    if arguments.flag("json"):
        place.shell.text(json.dumps(tags, indent=2, ensure_ascii=False))
    else:
        print_table(place, [("NAME", "VALUE"), *sorted(tags.items())])


VERBS = (
    Verb("stack tag get", "Show a tag", tag_get, options(), "NAME"),
    Verb("stack tag set", "Set a tag", tag_set, options(), "NAME VALUE"),
    Verb("stack tag rm", "Remove a tag", tag_rm, options(), "NAME"),
    Verb("stack tag ls", "List tags", tag_ls, options("", "json", j="json")),
)
