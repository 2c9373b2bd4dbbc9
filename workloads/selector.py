"""The labels by which target, primary and their Services tell pods apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.kinds import Manifest
from automation.core.names import LABEL_VALUE
from automation.core.refusal import Problem, Refused
from automation.core.shape import shown
from automation.core.spec import Canary

LABELS = ("app", "name", "app.kubernetes.io/name")
"""Labels that may tell target and primary apart, in order of preference."""


@dataclass(frozen=True)
class Selector:
    """`label: value` is on the target's pods, `label: value-primary` on those of the primary. `rest`: the further
    labels by which the target selects its pods, as pairs; they are on both."""

    label: str
    value: str
    rest: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> dict[str, str]:
        return {self.label: self.value, **dict(self.rest)}

    @property
    def primary(self) -> dict[str, str]:
        return {**self.told_apart, **dict(self.rest)}

    @property
    def told_apart(self) -> dict[str, str]:
        """The one label that primary has another value of."""
        return {self.label: f"{self.value}-primary"}


def selector_of(target: Manifest) -> Selector:
    """The selector of a target workload.

    Raises `Refused` with the model's text when none of `LABELS` is among the target's matchLabels, and where primary's
    pods can't have a label of its own.
    """
    matched = (target["spec"].get("selector") or {}).get("matchLabels") or {}
    for label in LABELS:
        if label in matched:
            if not LABEL_VALUE.holds(f"{matched[label]}-primary"):
                raise Refused((_long(label, matched[label]),))
            rest = tuple((key, value) for key, value in sorted(matched.items()) if key != label)
            return Selector(label, matched[label], rest)
    raise Refused((_unselected(target),))


Neighbour = tuple[str, str, Mapping[str, str]]
"""A workload's kind and name, and the labels of its pods."""
STRANGERS = ("DaemonSet", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")
"""Kinds of workloads, beside those that can be released, whose pods a Service may select."""


def sharing_problems(canary: Canary, chosen: Selector, workloads: Iterable[Neighbour]) -> list[Problem]:
    """What is wrong with workloads of the Canary's namespace, beside its own, that would get its users' requests."""
    own = [(canary.target.kind, name) for name in (canary.target.name, canary.primary_name)]
    others = [
        (f"{kind.lower()} {name}", labels) for kind, name, labels in workloads if (kind, name) not in own
    ]
    return [_sharing(canary.target_full_name, chosen, name) for name in shared_with(chosen, others)]


def stranger_problems(canary: Canary, strangers: Iterable[str]) -> list[Problem]:
    """What is wrong with pods of others among the endpoints of the Canary's own Services."""
    named = ", ".join(sorted(set(strangers)))
    if not named:
        return []
    return [
        Problem(
            path="spec.targetRef",
            problem=f"pods that neither {canary.target_full_name} nor its primary has made are endpoints of "
            f"{canary.primary_service} or {canary.canary_service}: they would get its users' requests ({named})",
            remedy="give them other labels than those that the Services select by, or take them away",
        )
    ]


def shared_with(chosen: Selector, others: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[str, ...]:
    """The names of workloads whose pods would be selected too; `others` are names and labels of pods."""
    return tuple(
        sorted(
            name
            for name, labels in others
            if chosen.target.items() <= labels.items() or chosen.primary.items() <= labels.items()
        )
    )


def labels_of(template: Manifest) -> Mapping[str, str]:
    """The labels of a pod template's pods."""
    labels: Mapping[str, str] = (template.get("metadata") or {}).get("labels") or {}
    return labels


def strangers_labels(workload: Manifest) -> Mapping[str, str]:
    """The labels of the pods of a workload of `STRANGERS`, none where it says none or is itself made by another one, as
    a Deployment makes ReplicaSets: it is that one which counts."""
    found: Any = {} if (workload.get("metadata") or {}).get("ownerReferences") else workload
    for field in ("spec", "template", "metadata", "labels"):
        found = found.get(field) if isinstance(found, Mapping) else None
    labels = found if isinstance(found, Mapping) else {}
    return {str(key): value for key, value in labels.items() if isinstance(value, str)}


def _sharing(target: str, chosen: Selector, name: str) -> Problem:
    labels = ", ".join(f"{label}={value}" for label, value in chosen.target.items())
    primary = ", ".join(f"{label}={value}" for label, value in chosen.told_apart.items())
    return Problem(
        path="spec.targetRef",
        problem=f"pods of {name} have all labels by which those of {target} or of its primary are selected "
        f"({labels}; primary: {primary}): they would get its users' requests",
        remedy="give the two workloads different values of a label that is in spec.selector.matchLabels of both (a "
        "selector is immutable: the workload has to be created anew)",
    )


def _long(label: str, value: str) -> Problem:
    return Problem(
        path="spec.targetRef",
        problem=f"the pods' label {label} is {shown(value)}, and that of primary, {shown(f'{value}-primary')}, is not "
        f"{LABEL_VALUE.noun}",
        remedy=f"shorten it; {LABEL_VALUE.remedy} (a selector is immutable: the workload has to be created anew)",
    )


def _unselected(target: Manifest) -> Problem:
    metadata = target["metadata"]
    name = f"{metadata['name']}.{metadata.get('namespace') or 'default'}"
    return Problem(
        path="spec.targetRef",
        problem=f"{target['kind'].lower()} {name} "
        f"spec.selector.matchLabels must contain one of [{' '.join(LABELS)}]",
        remedy=f"add the label {LABELS[0]} to the workload's selector and pod template "
        "(a selector is immutable: the workload has to be created anew)",
    )
