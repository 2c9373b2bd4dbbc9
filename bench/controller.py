"""`python -m bench.controller`: what a driver costs, and how late it is, when many Canaries initialise at once."""

import os
from typing import TYPE_CHECKING

from bench.laboratory import Figures, measured
from bench.report import Goal, report

if TYPE_CHECKING:
    from bench.ground import Ground

CANARIES = 38

GOALS = {
    "lateness_ms_p99": Goal(1000),
    "threads_peak": Goal(60),
    "rss_mb": Goal(250),
}


def main() -> None:
    """Measure, print, write `bench/out/controller.json`."""
    report("controller", measured("bench-controller", _figures), GOALS)


def _figures(ground: "Ground") -> Figures:
    from bench.load import under_load

    return under_load(ground, int(os.environ.get("CANARIES", CANARIES)))


if __name__ == "__main__":
    main()
