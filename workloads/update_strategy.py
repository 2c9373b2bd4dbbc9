"""How the pods of a workload are replaced by those of a new template (`updateStrategy`)."""

from __future__ import annotations

from collections.abc import Iterator

from automation.core.keeping import share
from automation.core.kinds import Manifest
from automation.core.refusal import Problem

ROLLING = "RollingUpdate"


def unpromotable(live: Manifest, noun: str) -> Iterator[Problem]:
    """Why pods of a primary would stay as they are in a promotion. `noun` is what texts call the workload."""
    strategy, metadata = live["spec"].get("updateStrategy") or {}, live["metadata"]
    name = f"{noun} {metadata['name']}.{metadata.get('namespace') or 'default'}"
    if (kind := strategy.get("type") or ROLLING) != ROLLING:
        told = f"{name} must have {ROLLING} strategy but have {kind}"
        remedy = f"set spec.updateStrategy.type to {ROLLING}: nobody deletes primary's pods for a promotion"
        yield Problem("spec.targetRef", told, remedy)
    elif partition := (strategy.get("rollingUpdate") or {}).get("partition"):
        told = f"{name} has a partition of {partition}, below which pods are not replaced"
        yield Problem("spec.targetRef", told, "take spec.updateStrategy.rollingUpdate.partition away")


def at_once(live: Manifest, pods: int) -> int:
    """How many of its pods a rolling update may take away at once: `maxUnavailable`, of which percentages are rounded
    up."""
    rolling = (live["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    most = rolling.get("maxUnavailable", 1)
    return most if isinstance(most, int) else share(pods, int(most.removesuffix("%")))
