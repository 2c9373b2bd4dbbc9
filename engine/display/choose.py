"""Which display an operation gets."""

from __future__ import annotations

from engine.action import Kind
from engine.cli.arguments import Arguments
from engine.display.plain import PlainDisplay
from engine.display.sections import Record
from engine.events import Listener
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


def display_for(place: Workplace, arguments: Arguments, kind: Kind, preview: bool) -> Listener:
    """The listener that shows the operation; its heading is printed at once."""
    ref = place.ref
    root = make(ref.name, ref.project, ROOT_TYPE, f"{ref.project}-{ref.name}")
    place.shell.out(f"{_TITLES[kind, preview]} ({place.shown(ref)}):")
    return PlainDisplay(
        place.shell.out,
        Record(root, preview),
        show_outputs=not arguments.flag("suppress-outputs"),
        progress=not arguments.flag("suppress-progress"),
    )
