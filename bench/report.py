"""How measurements are shown and kept: a table on the screen, and `bench/out/<name>.json`.

Figures of the official engine have `official_` before their names, and stand beside those of the embedded one.
"""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from automation.errors import EngineMissing
from automation.updates.engines import Engine, choose

OUT = Path(__file__).parent / "out"
OFFICIAL = "official_"


@dataclass(frozen=True)
class Goal:
    """What a figure should be: at most, or at least, some number."""

    bound: float
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether the figure is on the right side of the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


def report(name: str, figures: Mapping[str, float], goals: Mapping[str, Goal]) -> None:
    """Print all figures beside their goals, and write them to `bench/out/<name>.json`."""
    Console().print(_table(figures, goals))
    OUT.mkdir(exist_ok=True)
    document = {"machine": machine(), "figures": dict(figures)}
    (OUT / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


def _table(figures: Mapping[str, float], goals: Mapping[str, Goal]) -> Table:
    table = Table("figure", "measured", "goal", "", "official engine", box=None, pad_edge=False)
    for figure, value in figures.items():
        if figure.startswith(OFFICIAL) and figure.removeprefix(OFFICIAL) in figures:
            continue
        goal, beside = goals.get(figure), figures.get(OFFICIAL + figure)
        verdict = "" if goal is None else "met" if goal.met(value) else "missed"
        table.add_row(
            figure,
            f"{value:,.4g}",
            "" if goal is None else str(goal),
            verdict,
            "" if beside is None else f"{beside:,.4g}",
        )
    return table


def official() -> Engine | None:
    """The official engine, None where none is on PATH: `eval "$(sluice lab official)"` puts one there."""
    try:
        return choose({**os.environ, "SLUICE_ENGINE": "official"})
    except EngineMissing:
        return None


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30, 1),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[1], 2),
    }
