"""Kinds of the groups that are read here, when they are not spelled as the cluster has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from automation.core.kinds import (
    ALERT_PROVIDER,
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CANARY,
    CLUSTER_ANALYSIS_TEMPLATE,
    METRIC_TEMPLATE,
    ROLLOUT,
)
from automation.core.refusal import Problem

_KINDS: Mapping[str, tuple[str, ...]] = {
    CANARY.group: (CANARY.kind, METRIC_TEMPLATE.kind, ALERT_PROVIDER.kind),
    ROLLOUT.group: (
        ROLLOUT.kind,
        ANALYSIS_TEMPLATE.kind,
        CLUSTER_ANALYSIS_TEMPLATE.kind,
        ANALYSIS_RUN.kind,
        "Experiment",
    ),
}


def misnamed(document: Mapping[str, Any]) -> Iterable[Problem]:
    """The problem of a kind that its group does not have. Argo's group has those of other projects, too."""
    kind, group = document["kind"], str(document.get("apiVersion")).partition("/")[0]
    known = _KINDS.get(group, ())
    meant = [name for name in known if name.lower() == kind.lower()]
    if not known or kind in known or (group == ROLLOUT.group and not meant):
        return ()
    remedy = f"write {meant[0]}" if meant else f"known are {', '.join(known)}"
    return (Problem("kind", f"{group} has no {kind}", remedy),)
