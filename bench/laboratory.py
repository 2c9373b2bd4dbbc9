"""A lab for one measurement of the product, and what the product was found to do in it."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lab import Lab
from lab.binaries import PARTS, ensure

if TYPE_CHECKING:
    from bench.ground import Ground

Figures = dict[str, float]


def measured(name: str, measure: Callable[["Ground"], Figures]) -> Figures:
    """What `measure` finds on the ground of a lab of its own, whose name begins with `name`."""
    ensure(PARTS)
    lab = Lab.up(f"{name}-{os.getpid()}")
    try:
        os.environ |= lab.environment()
        # Only now: the Kubernetes client looks for its kubeconfig when it is imported.
        from bench.ground import Ground

        with tempfile.TemporaryDirectory() as state:
            return measure(Ground.prepare(lab, Path(state)))
    finally:
        lab.down()
