"""What is wrong with which image: a JSON file that the pods' programs re-read when it changes."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.errors import LabError


@dataclass(frozen=True)
class Fault:
    """A share of requests that fail (0 to 1), and milliseconds by which answers are late."""

    error_rate: float = 0.0
    latency_ms: int = 0


def set_fault(path: Path, image: str, fault: Fault) -> None:
    """Put one image's fault into the file; a fault of nothing takes it out.

    The image may be named with its registry and repository, but needs its tag: `LabError` without one.
    """
    image = image.rsplit("/", 1)[-1]
    if ":" not in image:
        raise LabError(f"Which {image}? Name its tag, too, such as {image}:6.0.2.")
    faults = json.loads(path.read_text())
    if fault == Fault():
        faults.pop(image, None)
    else:
        faults[image] = asdict(fault)
    _replace(path, faults)


def clear_faults(path: Path) -> None:
    """Empty the file."""
    _replace(path, {})


def _replace(path: Path, faults: dict[str, object]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(faults, indent=2))
    os.replace(fresh, path)
