"""How people have a target serve again that a release has left at zero."""

from __future__ import annotations

from automation.core import kubectl
from automation.core.spec import Canary
from workloads.registry import workload_of


def waking(canary: Canary, pods: int) -> str:
    """The command by which the target has so many pods."""
    scaling = workload_of(canary).scaling(pods)
    if scaling.subresource == "scale":
        return kubectl.scale(canary, pods)
    return kubectl.patch(canary, canary.target, scaling.body)
