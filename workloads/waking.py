"""How people have a target serve again that a release has left at zero."""

from __future__ import annotations

from automation.core import kubectl
from automation.core.spec import Canary
from workloads.registry import scaler_of, workload_of


def waking(canary: Canary, pods: int) -> str:
    """The command by which the target has so many pods."""
    scaler, scaling = scaler_of(canary), workload_of(canary).scaling(pods)
    scaled = (
        kubectl.scale(canary, pods)
        if scaling.subresource == "scale"
        else kubectl.patch(canary, canary.target, scaling.body)
    )
    resumed = scaler.pausing(False) if scaler else None
    if canary.autoscaler is None or resumed is None:
        return scaled
    return f"{kubectl.patch(canary, canary.autoscaler, resumed)} && {scaled}"
