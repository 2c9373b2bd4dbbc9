"""The primary workload: the recorded revision under the target's name with `-primary`."""

from __future__ import annotations

from dataclasses import dataclass

from automation.core.kinds import Manifest
from automation.core.marks import RELEASE, REVISION, inherited
from automation.core.spec import Canary
from components import configs
from components.revision import Revision
from workloads.duplicates import without_duplicates
from workloads.registry import workload_of
from workloads.selector import Selector
from workloads.workload import Primary

IDENTITY = "flagger-id"
"""Pod annotation that rolls the primary's pods; stable for a revision, so that writing it again changes nothing."""


@dataclass(frozen=True)
class Origin:
    """What a primary is made from: the target, its selector, and the primary that is there already (None: none)."""

    target: Manifest
    chosen: Selector
    live: Manifest | None


def workload(canary: Canary, origin: Origin, revision: Revision, owner: Manifest) -> Manifest:
    """The primary workload. It declares `replicas` only where no autoscaler does the scaling.

    One that is there keeps the labels by which it finds its pods: they can't be changed without making it anew.
    """
    kind, target, chosen = workload_of(canary), origin.target, origin.chosen
    recorded = revision.rollout.get("replicas") or kind.replicas(target) or 1
    return kind.primary(
        Primary(
            name=canary.primary_name,
            namespace=canary.namespace,
            labels=chosen.told_apart,
            selected=(origin.live and kind.selected(origin.live)) or chosen.primary,
            annotations={
                **inherited(target["metadata"].get("annotations")),
                **RELEASE,
                REVISION: revision.hash,
            },
            owner=owner,
            template=without_duplicates(template(chosen, revision), canary.service.target_port),
            rollout=revision.rollout,
            replicas=recorded if canary.autoscaler is None else None,
        )
    )


def template(chosen: Selector, revision: Revision) -> Manifest:
    """The recorded pod template as the primary's: label, identity, config references and spreading renamed."""
    metadata = revision.template.get("metadata") or {}
    pod = configs.with_primary_references(revision.template["spec"], frozenset(revision.configs))
    return {
        "metadata": {
            "labels": {**metadata.get("labels", {}), **chosen.told_apart},
            "annotations": {**metadata.get("annotations", {}), IDENTITY: revision.hash},
        },
        "spec": _spread_apart(pod, chosen),
    }


def _spread_apart(pod: Manifest, chosen: Selector) -> Manifest:
    """Anti-affinity and topology spread of the target's pods become those of the primary's."""
    apart = dict(pod)
    if constraints := pod.get("topologySpreadConstraints"):
        apart["topologySpreadConstraints"] = [_with_label_selector(term, chosen) for term in constraints]
    affinity = pod.get("affinity") or {}
    if anti := affinity.get("podAntiAffinity"):
        apart["affinity"] = {**affinity, "podAntiAffinity": _anti_affinity(anti, chosen)}
    return apart


def _anti_affinity(anti: Manifest, chosen: Selector) -> Manifest:
    renamed = dict(anti)
    required, preferred = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
    if required in anti:
        renamed[required] = [_with_label_selector(term, chosen) for term in anti[required]]
    if preferred in anti:
        renamed[preferred] = [
            {**term, "podAffinityTerm": _with_label_selector(term["podAffinityTerm"], chosen)}
            for term in anti[preferred]
        ]
    return renamed


def _with_label_selector(term: Manifest, chosen: Selector) -> Manifest:
    wanted = term.get("labelSelector")
    return {**term, "labelSelector": _label_selector(wanted, chosen)} if wanted else term


def _label_selector(wanted: Manifest, chosen: Selector) -> Manifest:
    """Only the label by which target and primary are told apart has another value on the primary's pods."""
    renamed = dict(wanted)
    if "matchLabels" in wanted:
        renamed["matchLabels"] = {
            label: f"{value}-primary" if (label, value) == (chosen.label, chosen.value) else value
            for label, value in wanted["matchLabels"].items()
        }
    if "matchExpressions" in wanted:
        renamed["matchExpressions"] = [
            _expression(expression, chosen) for expression in wanted["matchExpressions"]
        ]
    return renamed


def _expression(expression: Manifest, chosen: Selector) -> Manifest:
    values = list(expression.get("values") or [])
    if expression.get("key") != chosen.label or chosen.value not in values:
        return expression
    values[values.index(chosen.value)] = f"{chosen.value}-primary"
    return {**expression, "values": values}
