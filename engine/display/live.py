"""A terminal: the tree of resources, redrawn while things happen to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine.display import sections, words
from engine.display.sections import Record
from engine.events import Diagnostic, Ended, Event, Prelude, StepDone, StepFailed, StepStarted
from engine.step import Op, Step
from engine.urn import Urn, is_provider

Say = Callable[[str], None]

_COLORS = {
    Op.CREATE: "green",
    Op.IMPORT: "green",
    Op.UPDATE: "yellow",
    Op.REPLACE: "magenta",
    Op.DELETE: "red",
    Op.READ: "cyan",
    Op.REFRESH: "yellow",
}
_REDRAWN = 8
"""Times a second."""


@dataclass
class Row:
    """What is shown of one resource. `began` and `ended` are monotonic seconds, 0 while not yet."""

    urn: Urn
    parent: str
    op: Op
    status: str = ""
    info: str = ""
    began: float = 0.0
    ended: float = 0.0
    failed: bool = False

    def seconds(self) -> str:
        """How long it took or takes."""
        return f"({(self.ended or time.monotonic()) - self.began:.0f}s)" if self.began else ""


class LiveDisplay:
    """A listener that keeps the tree on the screen up to date and prints the sections when all is over."""

    def __init__(self, say: Say, record: Record, show_outputs: bool = True, console: Console | None = None):
        self._say, self._record, self._show_outputs = say, record, show_outputs
        self._rows: dict[str, Row] = {}
        self._lock = threading.Lock()
        self._live = Live(
            self,
            console=console or Console(),
            refresh_per_second=_REDRAWN,
            vertical_overflow="crop",
            transient=False,
        )

    def __call__(self, event: Event) -> None:
        self._record.note(event)
        with self._lock:
            self._take(event)
        if isinstance(event, Prelude):
            self._live.start()
        if isinstance(event, Ended):
            self._live.stop()
            self._say("")
            for line in sections.lines(self._record, self._show_outputs):
                self._say(line)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            yield self._table(options.height or console.height)

    def _take(self, event: Event) -> None:
        match event:
            case StepStarted(step, planning) if not step.internal:
                row = self._row(step)
                row.status = words.planned(step.op) if planning else words.doing(step.op)
                row.info = words.differences(step)
                row.began = row.began or (0.0 if planning or sections.is_quiet(step.op) else time.monotonic())
            case StepDone(step, planning) if not step.internal:
                row = self._row(step)
                row.status = words.planned(step.op) if planning else words.done(step.op)
                row.ended = time.monotonic()
            case StepFailed(step) if not step.internal:
                row = self._row(step)
                row.status, row.failed, row.ended = words.failed(step.op), True, time.monotonic()
            case Diagnostic(severity, message, urn) if severity != "debug" and urn in self._rows:
                self._rows[urn].info = message.strip().split("\n")[0]

    def _row(self, step: Step) -> Row:
        row = self._rows.get(step.urn)
        if row is None:
            row = self._rows[step.urn] = Row(Urn.parse(step.urn), step.resource.parent, step.op)
        if step.op in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED):
            row.op = Op.REPLACE
        elif not sections.is_quiet(step.op) or not row.status:
            row.op = step.op
        return row

    def _table(self, height: int) -> Table:
        table = Table(box=None, pad_edge=False, show_header=True, header_style="bold")
        for title in ("", "Type", "Name", "Status", "Info"):
            table.add_column(title, no_wrap=True, overflow="ellipsis")
        for depth, row in self._fitting(height - 2):
            style = "bold red" if row.failed else _COLORS.get(row.op, "")
            place = Text(f"{'   ' * depth}{row.urn.type}", style="dim" if is_provider(row.urn.type) else "")
            status = Text(f"{row.status} {row.seconds()}".strip() if row.status else "", style=style)
            table.add_row(Text(words.SIGNS[row.op], style=style), place, row.urn.name, status, row.info)
        return table

    def _fitting(self, lines: int) -> list[tuple[int, Row]]:
        """The tree in order; where it is higher than the screen, only what changes, the newest last."""
        ordered = self._tree("", 0, set())
        if len(ordered) > lines:
            ordered = [item for item in ordered if not sections.is_quiet(item[1].op)] or ordered
        return ordered[-max(lines, 1) :]

    def _tree(self, parent: str, depth: int, seen: set[str]) -> list[tuple[int, Row]]:
        found: list[tuple[int, Row]] = []
        for urn, row in self._rows.items():
            orphan = parent == "" and row.parent not in self._rows
            if urn not in seen and (row.parent == parent or orphan):
                seen.add(urn)
                found += [(depth, row), *self._tree(urn, depth + 1, seen)]
        return found
