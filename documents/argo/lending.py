"""Rollouts that borrow the pod template of another workload (`workloadRef`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.kinds import Manifest
from automation.core.spec import Ref


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


def lent(rollout: Mapping[str, Any], workload: Mapping[str, Any]) -> Manifest:
    """The Rollout with the workload's pod template, and with its selector where it has none of its own. One that wants
    the workload's pods to go as its own come is left as it is, to be refused."""
    if scale_down(rollout) == "progressively":
        return dict(rollout)
    spec, theirs = rollout["spec"], workload["spec"]
    own = {name: value for name, value in spec.items() if name != "workloadRef"}
    return {
        **rollout,
        "spec": {"selector": theirs.get("selector") or {}, **own, "template": theirs["template"]},
    }
