"""`python -m bench.release`: how fast steps and releases are, and what a driver costs that has nothing to do.

Where the official engine is on PATH it then takes the stack over, and its steps and releases stand beside.
"""

from typing import TYPE_CHECKING

from bench.laboratory import Figures, measured
from bench.report import Goal, report

if TYPE_CHECKING:
    from bench.ground import Ground

GOALS = {
    "step_ms_p50": Goal(80),
    "step_ms_p95": Goal(200),
    "tick_api_calls": Goal(2),
    "idle_cpu_percent_50": Goal(3),
    "idle_rss_mb_50": Goal(250),
}


def main() -> None:
    """Measure, print, write `bench/out/release.json`."""
    report("release", measured("bench-release", _figures), GOALS)


def _figures(ground: "Ground") -> Figures:
    from bench.releases import figures

    return figures(ground)


if __name__ == "__main__":
    main()
