"""How a release is shown while it runs: live on a terminal, as lines, or as JSON lines for programs."""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from automation.cluster.events import Announcement
from automation.core.analysis import MetricCheck
from automation.core.moments import timestamp
from automation.core.observation import Answer, Measured, NothingMeasured
from automation.core.spec import Canary
from automation.driver.tick import Tick
from automation.logs import json_logger

BAR = 50
SPARKS = "▁▂▃▄▅▆▇█"
HISTORY = 24
WIDE = 240


class Display(Protocol):
    """What a driver tells; every method may be called from any thread."""

    def announce(self, announcement: Announcement) -> None: ...

    def measured(self, canary: Canary, check: MetricCheck, answer: Answer) -> None: ...

    def ticked(self, tick: Tick) -> None: ...

    def troubled(self, name: str, trouble: str) -> None: ...

    def close(self) -> None: ...


class Lines:
    """One line an event: time, type, text. Of `many` Canaries each line names its own."""

    def __init__(self, many: bool = False) -> None:
        self._many = many

    def announce(self, announcement: Announcement) -> None:
        mark = "!" if announcement.type == "Warning" else " "
        named = f"{announcement.canary}.{announcement.namespace}"
        about = f" ({named})" if self._many and named not in announcement.text else ""
        _print(f"{_clock(announcement.at)} {mark} {announcement.text}{about}")

    def measured(self, canary: Canary, check: MetricCheck, answer: Answer) -> None:
        pass

    def ticked(self, tick: Tick) -> None:
        pass

    def troubled(self, name: str, trouble: str) -> None:
        _print(f"{datetime.now():%H:%M:%S} ! {name}: {trouble}")

    def close(self) -> None:
        pass


class JsonLines:
    """Log lines with `msg`, as a controller in a cluster writes them."""

    def __init__(self) -> None:
        self._log = json_logger()

    def announce(self, announcement: Announcement) -> None:
        write = self._log.warning if announcement.type == "Warning" else self._log.info
        write(announcement.text, canary=f"{announcement.canary}.{announcement.namespace}")

    def measured(self, canary: Canary, check: MetricCheck, answer: Answer) -> None:
        value = answer.value if isinstance(answer, Measured) else None
        self._log.debug("measured", canary=canary.full_name, check=check.name, value=value)

    def ticked(self, tick: Tick) -> None:
        pass

    def troubled(self, name: str, trouble: str) -> None:
        self._log.error(trouble, canary=name)

    def close(self) -> None:
        pass


@dataclass
class Gauge:
    """The values that one check has had, newest last."""

    check: MetricCheck
    values: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    note: str = ""


class LivePanel:
    """The split as a bar, each check with value, bound and a spark line, the last events."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._gauges: dict[str, Gauge] = {}
        self._events: deque[Announcement] = deque(maxlen=10)
        self._tick: Tick | None = None
        self._trouble = ""
        self._lock = threading.Lock()
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=8, get_renderable=self.render)
        self._live.start()

    def announce(self, announcement: Announcement) -> None:
        with self._lock:
            self._events.append(announcement)

    def measured(self, canary: Canary, check: MetricCheck, answer: Answer) -> None:
        with self._lock:
            gauge = self._gauges.setdefault(check.key, Gauge(check))
            if isinstance(answer, Measured):
                gauge.values.append(answer.value)
                gauge.note = ""
            else:
                gauge.note = "no data" if isinstance(answer, NothingMeasured) else "query failed"

    def ticked(self, tick: Tick) -> None:
        with self._lock:
            self._tick, self._trouble = tick, ""

    def troubled(self, name: str, trouble: str) -> None:
        with self._lock:
            self._trouble = trouble

    def close(self) -> None:
        self._live.stop()

    def render(self) -> Group:
        with self._lock:
            parts: list[Text | Table] = [Text(self._title, style="bold")]
            if self._tick:
                parts.append(split_bar(self._tick))
            if self._gauges:
                parts.append(checks_table(self._gauges))
            if self._trouble:
                parts.append(Text(self._trouble, style="red"))
            used = sum(len(self._console.render_lines(part)) for part in parts)
            return Group(*parts, *fitting(self._events, self._console, self._console.height - used - 1))


def split_bar(tick: Tick) -> Text:
    """`primary ████████░░ canary` with both weights and the phase."""
    canary = tick.status.canary_weight
    width = round(BAR * canary / 100)
    bar = Text(f"primary {100 - canary:>3}% ")
    bar.append("█" * (BAR - width), style="blue").append("█" * width, style="yellow")
    bar.append(f" {canary:>3}% canary  ")
    bar.append(str(tick.status.phase) or "new", style="bold")
    bar.append(f"  failed checks {tick.status.failed_checks}")
    progress = tick.status.progress
    if progress.iterations:
        bar.append(f"  iteration {progress.iterations}")
    if progress.traffic.match or progress.traffic.mirror:
        bar.append(f"  {progress.traffic}")
    return bar


def checks_table(gauges: dict[str, Gauge]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for gauge in gauges.values():
        value = f"{gauge.values[-1]:.2f}" if gauge.values else "-"
        good = bool(gauge.values) and not gauge.note and within(gauge.check, gauge.values[-1])
        table.add_row(
            gauge.check.name,
            Text(gauge.note or value, style="green" if good else "red"),
            bound_text(gauge.check),
            spark(list(gauge.values)),
        )
    return table


def within(check: MetricCheck, value: float) -> bool:
    above = check.minimum is None or value >= check.minimum
    return above and (check.maximum is None or value <= check.maximum)


def bound_text(check: MetricCheck) -> str:
    """`>= 99`, `<= 500` or both."""
    lower = f">= {check.minimum:g}" if check.minimum is not None else ""
    upper = f"<= {check.maximum:g}" if check.maximum is not None else ""
    return " and ".join(part for part in (lower, upper) if part)


def spark(values: list[float]) -> str:
    """The values as a line of small bars, from their lowest to their highest."""
    finite = [value for value in values if value == value and abs(value) != float("inf")]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    step = (high - low) / (len(SPARKS) - 1) or 1.0
    return "".join(SPARKS[round((value - low) / step)] for value in finite)


def fitting(events: Sequence[Announcement], console: Console, rows: int) -> list[Text]:
    """The newest events, as many as there are rows for, and one at least."""
    shown: list[Text] = []
    for event in reversed(events):
        line = event_line(event)
        rows -= len(console.render_lines(line))
        if rows < 0 and shown:
            break
        shown.insert(0, line)
    return shown


def event_line(event: Announcement) -> Text:
    """A Warning is shown whole; of everything else one line is enough."""
    if event.type == "Warning":
        return Text(f"{_clock(event.at)} {event.text}", style="yellow")
    return Text(f"{_clock(event.at)} {event.text}", overflow="ellipsis", no_wrap=True)


def make(output: str, title: str) -> Display:
    """The display for an --output option."""
    if output == "json":
        return JsonLines()
    if output == "auto" and sys.stdout.isatty():
        return LivePanel(title)
    return Lines()


def show(table: Table) -> None:
    """Prints a table: as wide as the terminal, or as wide as it needs to be for a file or a pipe."""
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def as_json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _clock(at: float) -> str:
    return timestamp(at)[11:19]


def _print(line: str) -> None:
    print(line, flush=True)
