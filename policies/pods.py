"""The containers of whatever kind of workload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.rule import Manifest
from policies.tokens import CRON_JOB, POD


def pod_spec(type: str, manifest: Manifest) -> Manifest:
    """The pod spec within a workload of the given type; empty where there is none."""
    spec: Any = manifest.get("spec") or {}
    if type == CRON_JOB:
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    if type != POD:
        spec = (spec.get("template") or {}).get("spec") or {}
    pod: Manifest = spec
    return pod


def containers(type: str, manifest: Manifest) -> Iterator[Manifest]:
    """The containers that run for as long as the pod does."""
    yield from pod_spec(type, manifest).get("containers") or ()


def all_containers(type: str, manifest: Manifest) -> Iterator[Manifest]:
    """The init containers, then the others."""
    yield from pod_spec(type, manifest).get("initContainers") or ()
    yield from containers(type, manifest)
