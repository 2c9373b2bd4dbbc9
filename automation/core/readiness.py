"""Whether a workload is ready, not ready yet, or past its deadline: the model's rules and words."""

from dataclasses import dataclass
from typing import Literal

from automation.core.observation import Workload


@dataclass(frozen=True)
class Readiness:
    """`stuck` will not become ready by waiting. `why` is the text of what is missing, "" if ready."""

    state: Literal["ready", "waiting", "stuck"]
    why: str = ""


READY = Readiness("ready")


def readiness(workload: Workload, threshold: int, late: float) -> Readiness:
    """Judge a workload. `threshold` is the percent of updated replicas that must be available; one that has been
    short of its minimum since before `late` (unix seconds) is stuck."""
    if workload.observed_generation < workload.generation:
        return _waiting(f"observed {workload.noun} generation less than desired generation")
    if workload.expired:
        expired = f'{workload.noun} "{workload.name}" exceeded its progress deadline'
        return Readiness("stuck", _with_refusal(workload, expired))
    missing = _missing(workload, threshold)
    if not missing:
        return READY
    waiting = _waiting(_with_refusal(workload, missing))
    if workload.short_since is not None and workload.short_since < late:
        return Readiness("stuck", waiting.why)
    return waiting


def _with_refusal(workload: Workload, why: str) -> str:
    """What no waiting mends is said at once, not when a deadline is over."""
    return f"{why}; its pods are refused: {workload.refused}" if workload.refused else why


def _missing(workload: Workload, threshold: int) -> str:
    if workload.updated < workload.replicas:
        return f"{workload.updated} out of {workload.replicas} new {workload.unit} have been updated"
    if workload.running > workload.updated:
        return f"{workload.running - workload.updated} old {workload.unit} are pending termination"
    if workload.available < workload.updated * threshold // 100:
        share = f"{workload.available} of {workload.updated} (readyThreshold {threshold}%)"
        return f"{share} updated {workload.unit} are available"
    return ""


def _waiting(why: str) -> Readiness:
    return Readiness("waiting", f"waiting for rollout to finish: {why}")
