"""`pulumi state …`: small changes of what a stack holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.cli.arguments import Arguments
from engine.cli.verb import Verb, options
from engine.errors import EngineError
from engine.resource import Resource
from engine.state.lock import locked
from engine.state.snapshots import Snapshots
from engine.workplace import Workplace

_ALIKE = 3
"""How many URNs are proposed for one that is not there."""


def protect(place: Workplace, arguments: Arguments) -> None:
    _edit(place, arguments, protect=True)


def unprotect(place: Workplace, arguments: Arguments) -> None:
    _edit(place, arguments, protect=False)


def _edit(place: Workplace, arguments: Arguments, protect: bool) -> None:
    word = "protected" if protect else "unprotected"
    ref, everything = place.existing, arguments.flag("all")
    if not everything and not arguments.positionals:
        raise EngineError(f"name the resources that are to be {word} by their URNs, or pass --all")
    with locked(place.backend, ref, place.shell.err):
        snapshots = Snapshots(place.backend, ref, place.secrets)
        deployment = snapshots.load()
        held = [item for item in deployment.resources if not item.delete]
        wanted = {item.urn for item in held} if everything else set(arguments.positionals)
        _require_held(wanted, [item.urn for item in held])
        _confirm(place, arguments)
        edited = [
            _protected(item, protect) if item.urn in wanted and not item.delete else item
            for item in deployment.resources
        ]
        snapshots.save(replace(deployment, resources=edited, pending_operations=[]))
    place.shell.out(f"All resources {word}" if everything else f"{len(wanted)} resources {word}")


def _protected(resource: Resource, protect: bool) -> Resource:
    return resource if resource.protect is protect else replace(resource, protect=protect)


def _confirm(place: Workplace, arguments: Arguments) -> None:
    if arguments.flag("yes") or not place.shell.interactive:
        return
    place.shell.out("warning: This command will edit your stack's state directly.")
    if place.shell.ask("Confirm? [yes/no] ").strip().lower() not in ("y", "yes"):
        raise EngineError("confirmation declined")


def _require_held(wanted: set[str], held: Sequence[str]) -> None:
    missing = [_missing(urn, held) for urn in sorted(wanted - set(held))]
    if missing:
        raise EngineError("\n".join(missing))


def _missing(urn: str, held: Sequence[str]) -> str:
    lines = [f'No such resource "{urn}" exists in the current state']
    alike = sorted((distance(urn.lower(), other.lower()), at) for at, other in enumerate(held))
    close = [held[at] for apart, at in alike if apart <= max(2, len(urn) // 4)][:_ALIKE]
    if close:
        lines += ["Did you mean:", *(f"  {other}" for other in close)]
    return "\n".join(
        [
            *lines,
            "To list the resource URNs in the stack, run `pulumi stack --show-urns`; "
            "to inspect the full state, run `pulumi stack export`.",
        ]
    )


def distance(one: str, other: str) -> int:
    """How many characters have to be put in, taken out or exchanged to make one text of the other."""
    row = list(range(len(other) + 1))
    for at, mark in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, against in enumerate(other, 1):
            cost = before if mark == against else 1 + min(before, row[place], row[place - 1])
            before, row[place] = row[place], cost
    return row[-1]


_SYNTAX = options("", "all yes", y="yes")

VERBS = (
    Verb("state protect", "Protect resources in the state", protect, _SYNTAX, "[URN…]"),
    Verb("state unprotect", "Take protection from resources in the state", unprotect, _SYNTAX, "[URN…]"),
)
