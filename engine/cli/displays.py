"""Which display an operation gets."""

from __future__ import annotations

from engine.action import Kind
from engine.cli.arguments import Arguments
from engine.display.difference import DiffDisplay
from engine.display.machine import DigestDisplay, StreamDisplay
from engine.display.plain import PlainDisplay
from engine.display.sections import Record, Told
from engine.events import Begun, Event, Listener
from engine.urn import ROOT_TYPE, make
from engine.workplace import Workplace

_TITLES = {
    (Kind.UPDATE, True): "Previewing update",
    (Kind.UPDATE, False): "Updating",
    (Kind.REFRESH, True): "Previewing refresh",
    (Kind.REFRESH, False): "Refreshing",
    (Kind.DESTROY, True): "Previewing destroy",
    (Kind.DESTROY, False): "Destroying",
    (Kind.IMPORT, True): "Previewing import",
    (Kind.IMPORT, False): "Importing",
}


def displays(place: Workplace, arguments: Arguments, kind: Kind, preview: bool) -> tuple[Listener, ...]:
    """The listeners that show the operation, where people read it under a heading."""
    told = Told(arguments.flag("show-sames"), arguments.flag("show-replacement-steps"))
    if arguments.flag("json"):
        out = place.shell.out
        return (DigestDisplay(out, told) if preview and not _streaming(place) else StreamDisplay(out),)

    def heading(event: Event) -> None:
        if isinstance(event, Begun):
            place.shell.out(f"{_TITLES[kind, preview]} ({place.shown(place.ref)}):")

    return heading, _display(place, arguments, told, preview)


def _display(place: Workplace, arguments: Arguments, told: Told, preview: bool) -> Listener:
    shell, ref = place.shell, place.ref
    root = make(ref.name, ref.project, ROOT_TYPE, f"{ref.project}-{ref.name}")
    record, outputs = Record(root, preview), not arguments.flag("suppress-outputs")
    if arguments.flag("diff"):
        return DiffDisplay(shell.out, record, outputs, told)
    if shell.live and not arguments.flag("non-interactive"):
        # Loaded late: only a terminal needs it.
        from rich.console import Console

        from engine.display.live import LiveDisplay

        plain = arguments.value("color") == "never"
        return LiveDisplay(shell.out, record, outputs, Console(no_color=True if plain else None))
    return PlainDisplay(shell.out, record, outputs)


def _streaming(place: Workplace) -> bool:
    return place.shell.env.get("PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "") in ("true", "1")
