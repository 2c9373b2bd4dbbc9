"""`python -m bench.controller`: what a driver costs, and how late it is, when many Canaries initialise at once."""

import os
import tempfile
from pathlib import Path

from bench.report import Goal, report
from lab import Lab
from lab.binaries import PARTS, ensure

NAME = f"bench-controller-{os.getpid()}"
CANARIES = 38

GOALS = {
    "lateness_ms_p99": Goal(1000),
    "threads_peak": Goal(60),
    "rss_mb": Goal(250),
}


def main() -> None:
    """Measure, print, write `bench/out/controller.json`."""
    ensure(PARTS)
    lab = Lab.up(NAME)
    try:
        os.environ |= lab.environment()
        # Only now: the Kubernetes client looks for its kubeconfig when it is imported.
        from bench.ground import Ground
        from bench.load import under_load

        with tempfile.TemporaryDirectory() as state:
            found = under_load(Ground.prepare(lab, Path(state)), int(os.environ.get("CANARIES", CANARIES)))
    finally:
        lab.down()
    report("controller", found, GOALS)


if __name__ == "__main__":
    main()
