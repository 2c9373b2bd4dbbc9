"""What a kind of autoscaler is to a release: how far it scales down, and how the primary gets one of its own."""

from __future__ import annotations

from typing import Protocol

from automation.core.kinds import Kind, Manifest
from automation.core.shape import Shape
from automation.core.spec import Canary


class ScalerKind(Protocol):
    """One kind of autoscaler. All methods are pure."""

    @property
    def kind(self) -> Kind: ...

    @property
    def shape(self) -> Shape:
        """What all of this rests on in an object of the kind: documents that aren't applied yet may be otherwise."""
        ...

    def minimum(self, live: Manifest) -> int:
        """The least number of pods that it scales to."""
        ...

    def maximum(self, live: Manifest) -> int:
        """The largest number of pods that it scales to."""
        ...

    def wanted(self, live: Manifest) -> int:
        """How many pods it asked for last, its least number before it asked for any."""
        ...

    def idles(self, live: Manifest) -> bool:
        """Whether it may take all pods away, where there is nothing to do."""
        ...

    def target(self, live: Manifest) -> str:
        """The name of the workload that it scales."""
        ...

    def left_alone(self, canary: Canary, live: Manifest) -> tuple[str, ...]:
        """Sentences on what a Canary asks of it in vain."""
        ...

    def pausing(self, paused: bool) -> Manifest | None:
        """A merge patch by which it leaves a target at zero alone, or scales it; None where it does so by itself."""
        ...

    def primary(self, canary: Canary, original: Manifest, owner: Manifest) -> Manifest:
        """The autoscaler of the primary; `original` is the target's, with the spec that was recorded."""
        ...
