"""What a kind of workload is to a release: how it is scaled, judged and copied into a primary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from automation.core.kinds import Kind, Manifest
from automation.core.observation import Workload
from automation.core.refusal import Problem
from automation.core.shape import Shape
from automation.core.spec import Canary


@dataclass(frozen=True)
class Scaling:
    """A merge patch that scales a workload, and the subresource that it is for ("" for the object itself)."""

    body: Manifest
    subresource: str = ""


@dataclass(frozen=True)
class Primary:
    """What a primary is made of.

    `labels` are its own, `selected` those by which it finds its pods. `rollout` holds the recorded fields of the
    workload's spec, `replicas` how many pods it declares, None where an autoscaler does.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    selected: Mapping[str, str]
    annotations: Mapping[str, str]
    owner: Manifest
    template: Manifest
    rollout: Manifest
    replicas: int | None


class WorkloadKind(Protocol):
    """One kind of workload. All methods are pure; `live` is an object of the kind as the API server shows it, of
    `observed` one of `pods`."""

    @property
    def kind(self) -> Kind: ...

    @property
    def pods(self) -> Kind:
        """The kind of what runs the pods of canary and primary."""
        ...

    def canary_name(self, canary: Canary, revision: str) -> str:
        """The name of what runs the pods of the revision under test."""
        ...

    def primary_name(self, canary: Canary, revision: str) -> str:
        """The name of what runs primary's pods, where those are of this revision."""
        ...

    @property
    def shape(self) -> Shape:
        """What all of this rests on in an object of the kind: documents that aren't applied yet may be otherwise."""
        ...

    @property
    def scalable(self) -> bool:
        """Whether a number of pods can be asked of it, as autoscalers do."""
        ...

    @property
    def rollout_fields(self) -> tuple[str, ...]:
        """The fields of its spec, beside the pod template, that follow the revision."""
        ...

    def problems(self, live: Manifest) -> tuple[Problem, ...]:
        """Why one can't be released, whatever else is so."""
        ...

    def gap(self, live: Manifest) -> str:
        """What it would take that pods of a new template are there before all others go; "" where they are."""
        ...

    def template(self, live: Manifest) -> Manifest:
        """Its pod template."""
        ...

    def resting(self, template: Manifest, theirs: Manifest) -> Manifest:
        """A pod template that is about to be written, idle where that of the live object, `theirs`, is."""
        ...

    def selected(self, live: Manifest) -> Mapping[str, str]:
        """The labels by which it finds its pods."""
        ...

    def made(self, name: str, pod: str) -> bool:
        """Whether a pod of this name may be one of the workload `name`."""
        ...

    def observed(self, live: Manifest) -> Workload:
        """What decisions look at: counts of pods, and whether it is past its own deadline."""
        ...

    def replicas(self, live: Manifest) -> int:
        """How many pods it declares."""
        ...

    def scaling(self, replicas: int) -> Scaling:
        """How it gets another number of pods."""
        ...

    def primary(self, parts: Primary) -> Manifest:
        """The primary workload."""
        ...
