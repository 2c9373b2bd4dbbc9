"""Pods say what they need and whether they are well: without either, neither scheduler nor release can judge them."""

from __future__ import annotations

from collections.abc import Iterator

from policies.pods import containers
from policies.rule import Finding, Rule, Subject
from policies.tokens import SERVING, WORKLOADS

_QUANTITIES = ("cpu", "memory")


def _unlimited(subject: Subject) -> Iterator[Finding]:
    for container in containers(subject.type, subject.manifest):
        resources = container.get("resources") or {}
        missing = [
            f"{part}.{quantity}"
            for part in ("requests", "limits")
            for quantity in _QUANTITIES
            if not (resources.get(part) or {}).get(quantity)
        ]
        if missing:
            yield Finding(
                f"container {container.get('name')} of {subject.name} does not say its {', '.join(missing)}",
                "set them under resources; measure with `kubectl top pod --containers`",
            )


def _unprobed(subject: Subject) -> Iterator[Finding]:
    for container in containers(subject.type, subject.manifest):
        missing = [probe for probe in ("readinessProbe", "livenessProbe") if not container.get(probe)]
        if missing:
            yield Finding(
                f"container {container.get('name')} of {subject.name} has no {' and no '.join(missing)}",
                "add them: without readiness, users get answers from a pod that is not ready to give any",
            )


BOUNDED = Rule(
    name="resources-bounded",
    description="Containers request CPU and memory, and have limits.",
    types=WORKLOADS,
    check=_unlimited,
)
PROBED = Rule(
    name="containers-probed",
    description="Containers that serve have a readiness and a liveness probe.",
    types=SERVING,
    check=_unprobed,
)
