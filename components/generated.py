"""The generated objects of a Canary, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automation.core.kinds import Manifest


@dataclass(frozen=True)
class Generated:
    """The objects by what they are for. `apex_is_foreign`: somebody else made that Service, so it is
    patched, and left alone (None) for as long as it is to select the target. `apex_stays` when all the rest goes.
    `sides` patch what tells the canary's pods from others and is somebody else's, and so does a route where
    `route_is_foreign`; `further` routes carry what that one does, and so do `patched` ones of somebody's. `lasting`:
    pods and patches stay when their stack goes, or has others."""

    services: tuple[Manifest, ...]
    apex: Manifest | None
    apex_is_foreign: bool
    apex_stays: bool = False
    configs: tuple[Manifest, ...] = ()
    primary: Manifest | None = None
    autoscaler: Manifest | None = None
    companions: tuple[Manifest, ...] = ()
    sides: tuple[Manifest, ...] = ()
    further: tuple[Manifest, ...] = ()
    patched: tuple[Manifest, ...] = ()
    route: Manifest | None = None
    route_is_foreign: bool = False
    lasting: bool = False

    def is_foreign(self, manifest: Manifest) -> bool:
        """Whether one of its objects is somebody else's, who may have more in it than is asked for."""
        route = (self.route,) if self.route_is_foreign else ()
        apex = (self.apex,) if self.apex_is_foreign else ()
        return any(manifest is one for one in (*self.sides, *self.patched, *route, *apex))

    def part(self, manifest: Manifest) -> Literal["route", "apex", "primary", "other"]:
        """What one of its objects is for."""
        parts: dict[int, Literal["route", "apex", "primary"]] = {
            id(self.apex): "apex",
            id(self.primary): "primary",
            id(self.route): "route",
        }
        return parts.get(id(manifest), "other")

    @property
    def objects(self) -> tuple[Manifest, ...]:
        """All of them, in an order in which nothing refers to anything later, and whoever leads traffic comes last."""
        scaled, leading = (self.primary, self.autoscaler), (self.route, self.apex)
        return (
            *self.services,
            *self.configs,
            *(item for item in scaled if item is not None),
            *self.companions,
            *self.sides,
            *self.further,
            *self.patched,
            *(item for item in leading if item is not None),
        )
