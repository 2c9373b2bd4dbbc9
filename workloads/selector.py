"""The one label by which target, primary and their Services tell pods apart."""

from __future__ import annotations

from dataclasses import dataclass

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused

LABELS = ("app", "name", "app.kubernetes.io/name")
"""Labels that may select, in order of preference."""


@dataclass(frozen=True)
class Selector:
    """`label: value` selects the target's pods, `label: value-primary` those of the primary."""

    label: str
    value: str

    @property
    def target(self) -> dict[str, str]:
        return {self.label: self.value}

    @property
    def primary(self) -> dict[str, str]:
        return {self.label: f"{self.value}-primary"}


def selector_of(target: Manifest) -> Selector:
    """The selector of a target workload.

    Raises `Refused` with the model's text when none of `LABELS` is among the target's matchLabels.
    """
    matched = target["spec"].get("selector", {}).get("matchLabels", {})
    for label in LABELS:
        if label in matched:
            return Selector(label, matched[label])
    raise Refused((_unselected(target),))


def _unselected(target: Manifest) -> Problem:
    metadata = target["metadata"]
    return Problem(
        path="spec.targetRef",
        problem=f"{target['kind'].lower()} {metadata['name']}.{metadata['namespace']} "
        f"spec.selector.matchLabels must contain one of [{' '.join(LABELS)}]",
        remedy=f"add the label {LABELS[0]} to the workload's selector and pod template "
        "(a selector is immutable: the workload has to be created anew)",
    )
