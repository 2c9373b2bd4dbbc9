"""Rollouts that borrow the pod template of another workload (`workloadRef`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.kinds import Manifest
from automation.core.spec import Ref
from automation.core.transitions import IDLE
from documents.argo.standing import Standing


def lender(rollout: Mapping[str, Any]) -> Ref | None:
    """The workload whose pods a Rollout borrows; None where it has its own, or names nobody."""
    named = (rollout.get("spec") or {}).get("workloadRef")
    if not isinstance(named, Mapping) or not named.get("name"):
        return None
    return Ref(*(str(named.get(field) or "") for field in ("apiVersion", "kind", "name")))


def scale_down(rollout: Mapping[str, Any]) -> str:
    """When the pods of the workload itself go: "never", "onsuccess" or "progressively"."""
    named = (rollout.get("spec") or {}).get("workloadRef") or {}
    return str(named.get("scaleDown") or "never")


def left_to(at: Standing, scale_down: str, own: int) -> int:
    """How many of its `own` pods a workload keeps that lends their template."""
    serves = (
        at.status.in_force is not None and at.status.in_force.apex == "primary" and at.status.phase in IDLE
    )
    if scale_down == "progressively" and not serves:
        return min(own, max(0, at.document.replicas - at.total("availableReplicas")))
    return 0 if serves and scale_down in ("onsuccess", "progressively") else own


def lent(rollout: Mapping[str, Any], workload: Mapping[str, Any]) -> Manifest:
    """The Rollout with the workload's pod template, and with its selector where it has none of its own."""
    spec, theirs = rollout["spec"], workload["spec"]
    own = {name: value for name, value in spec.items() if name != "workloadRef"}
    return {
        **rollout,
        "spec": {"selector": theirs.get("selector") or {}, **own, "template": theirs["template"]},
    }
