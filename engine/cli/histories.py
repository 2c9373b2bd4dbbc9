"""`pulumi stack history`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from engine.cli.arguments import Arguments
from engine.cli.moments import ago
from engine.cli.verb import Verb, options
from engine.state import history
from engine.state.history import Update
from engine.workplace import Workplace

_SIGNS = (("+", "create"), ("-", "delete"), ("~", "update"), (" ", "same"))
_PAGE = 10


def show(place: Workplace, arguments: Arguments) -> None:
    page = arguments.number("page", 1)
    found = history.updates(place.backend, place.existing, arguments.number("page-size", _PAGE), page)
    decrypter = place.secrets if arguments.flag("show-secrets") else None
    if arguments.flag("json"):
        place.shell.text(json.dumps([item.listed(decrypter) for item in found], indent=4, ensure_ascii=False))
        return
    if not found:
        place.shell.out(
            f"No stack updates found on page '{page}'" if page > 1 else "Stack has never been updated"
        )
    now = None if arguments.flag("full-dates") else datetime.now(UTC)
    for item in found:
        for line in _told(item, now):
            place.shell.out(line)


def _told(item: Update, now: datetime | None) -> Iterator[str]:
    """The lines of an update; without `now` its time in full."""
    begun = datetime.fromtimestamp(item.start, UTC)
    counts = "".join(f"{sign}{item.changes.get(name, 0)}" for sign, name in _SIGNS)
    when = ago(begun, now) if now else begun.strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
    yield "Version: 0"
    yield f"UpdateKind: {item.kind}"
    yield f"Status: {item.result}"
    yield f"Message: {item.message}"
    yield f"{counts} Updated {when} took {item.end - item.start}s"
    yield from (f"    {name}: {text}" for name, text in sorted(item.environment.items()) if text.strip())
    yield ""


VERBS = (
    Verb(
        "stack history",
        "List what was done to a stack",
        show,
        options("page-size page", "json show-secrets full-dates", j="json"),
    ),
)
