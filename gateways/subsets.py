"""Two subsets of a Service as the sides of a release: a DestinationRule of people's own tells their pods apart.

Only the revision is written into the labels of both; the rest of it is theirs.
"""

from __future__ import annotations

import copy

from automation.core.kinds import Kind, Manifest
from automation.core.marks import POD_HASH, RELEASE
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from gateways.istio import DESTINATION_RULE

_FIELD = "spec.strategy.canary.trafficRouting.istio.destinationRule"


def rule_of(canary: Canary) -> tuple[Kind, str] | None:
    """Kind and name of the rule; None where there is none."""
    subsets = canary.service.subsets
    return (DESTINATION_RULE, subsets.rule) if subsets else None


def labelled(canary: Canary, live: Manifest | None, stable: str, tested: str) -> Manifest:
    """The patch by which the subsets are the pods of these revisions. Raises Refused where one is not there."""
    subsets = canary.service.subsets
    assert subsets is not None
    revisions = {subsets.stable: stable, subsets.tested: tested}
    name = f"{DESTINATION_RULE.kind} {subsets.rule}.{canary.namespace}"
    if live is None:
        raise Refused((Problem(_FIELD, f"{name} not found", "apply it"),))
    found = copy.deepcopy((live.get("spec") or {}).get("subsets") or [])
    if missing := sorted(revisions.keys() - {one.get("name") for one in found}):
        raise Refused((Problem(_FIELD, f"{name} has no subset {missing[0]}", "add it there"),))
    for one in found:
        if one["name"] in revisions:
            one["labels"] = {**(one.get("labels") or {}), POD_HASH: revisions[one["name"]]}
    return {
        "apiVersion": DESTINATION_RULE.api_version,
        "kind": DESTINATION_RULE.kind,
        "metadata": {"name": subsets.rule, "namespace": canary.namespace, "annotations": dict(RELEASE)},
        "spec": {"subsets": found},
    }
