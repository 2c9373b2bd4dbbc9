"""`python -m bench.release`: how fast steps and releases are, and what a driver costs that has nothing to do."""

import os
import tempfile
from pathlib import Path

from bench.report import Goal, report
from lab import Lab
from lab.binaries import PARTS, ensure

NAME = f"bench-release-{os.getpid()}"

GOALS = {
    "step_ms_p50": Goal(80),
    "step_ms_p95": Goal(200),
    "tick_api_calls": Goal(2),
    "idle_cpu_percent_50": Goal(3),
    "idle_rss_mb_50": Goal(250),
}


def main() -> None:
    """Measure, print, write `bench/out/release.json`."""
    ensure(PARTS)
    lab = Lab.up(NAME)
    try:
        os.environ |= lab.environment()
        # Only now: the Kubernetes client looks for its kubeconfig when it is imported.
        from bench.ground import Ground
        from bench.releases import figures

        with tempfile.TemporaryDirectory() as state:
            found = figures(Ground.prepare(lab, Path(state)))
    finally:
        lab.down()
    report("release", found, GOALS)


if __name__ == "__main__":
    main()
