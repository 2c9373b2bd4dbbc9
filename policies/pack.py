"""The list of rules. All of them are mandatory where they apply; a policy configuration may say otherwise."""

from __future__ import annotations

from policies.rules import canary, images, promotion, routes, workloads

RULES = (
    images.PINNED,
    workloads.BOUNDED,
    workloads.PROBED,
    routes.WHOLE,
    canary.MEASURED,
    canary.BOUNDS,
    promotion.EARNED,
)
