"""What the generated objects of a Canary depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.core.kinds import Manifest
from automation.core.status import Placement
from components.revision import Revision


@dataclass(frozen=True)
class Inputs:
    """What the generated objects depend on beside the Canary itself.

    `uid` is the live Canary's uid (a string, or an Output where the same program creates it). `revision` is
    what primary runs (None before anything was recorded), `kept` the configuration of revisions whose pods may
    still run. `apex` is the live Service of the apex's name, `primary` the live primary, `canary` the canary's live
    Service where that is people's own, `standing` what is live under the generated route's name, `others` further live
    objects of people's by kind and name. `meshed`: a mesh's objects are in another cluster. `leaving`: users go back to
    the target.
    """

    placement: Placement
    target: Manifest
    uid: Any
    revision: Revision | None = None
    kept: Mapping[str, Manifest] | None = None
    autoscaler: Manifest | None = None
    route: Manifest | None = None
    apex: Manifest | None = None
    primary: Manifest | None = None
    canary: Manifest | None = None
    others: Mapping[tuple[str, str], Manifest] = field(default_factory=dict)
    meshed: bool = False
    standing: Manifest | None = None
    leaving: bool = False

    @property
    def moved(self) -> bool:
        """Whether users are led by what is generated."""
        return self.placement.apex == "primary"
