"""How traffic is shared between primary and canary, as one value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Traffic:
    """`canary` is its percentage of the traffic, a whole number; primary has the rest. Raises ValueError otherwise.

    `match` holds the rules by which requests go to the canary, each as JSON; all requests are shared where there are
    none. `mirror` is the percentage of requests that are sent to the canary as well, its answers thrown away.
    `affinity` is the value of the cookie that keeps a user where he was first, `expired` that of one which is to be
    forgotten. `managed` are routes beside all of this, in the order in which they are asked, each as JSON with its
    `name` and `match`: the requests that match go to the canary, or `mirror` percent of them are copied to it.
    """

    canary: int = 0
    match: tuple[str, ...] = ()
    mirror: int = 0
    affinity: str = ""
    expired: str = ""
    managed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for weight in (self.canary, self.mirror):
            if not 0 <= weight <= 100:
                raise ValueError(f"a weight is a whole percentage, not {weight}")

    def __str__(self) -> str:
        chosen = " of chosen requests" if self.match else ""
        mirrored = f", {self.mirror} % mirrored" if self.mirror else ""
        names = ", ".join(str(json.loads(one)["name"]) for one in self.managed)
        beside = f", beside {names}" if names else ""
        return f"{self.primary}/{self.canary}{chosen}{mirrored}{beside}"

    @property
    def primary(self) -> int:
        return 100 - self.canary

    @property
    def weight(self) -> int:
        """The canary's share of all requests, in percent; 0 where only those that match go there."""
        return 0 if self.match else self.canary

    @property
    def on_primary(self) -> bool:
        """Whether no request reaches the canary, not even a copy of one."""
        return self.canary == 0 and self.mirror == 0 and not self.managed

    def withdrawn(self) -> Traffic:
        """All on primary, and users who were kept on the canary are let go."""
        return Traffic(expired=self.affinity or self.expired)

    def exposes_more_than(self, other: Traffic) -> bool:
        """Whether more requests, or others, reach the canary than with `other`."""
        others = (self.canary > 0 and self.match != other.match) or not set(self.managed) <= set(
            other.managed
        )
        return self.canary > other.canary or self.mirror > other.mirror or others

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Traffic:
        """Read what `document` wrote. Raises ValueError for weights that don't sum to 100."""
        primary, canary = int(document["primary"]), int(document["canary"])
        if primary + canary != 100:
            raise ValueError(f"weights are whole and sum to 100, not {primary}/{canary}")
        return cls(
            canary,
            tuple(document.get("match") or ()),
            int(document.get("mirror") or 0),
            str(document.get("affinity") or ""),
            str(document.get("expired") or ""),
            tuple(document.get("managed") or ()),
        )

    def document(self) -> dict[str, Any]:
        """Weights, and of the rest what there is."""
        rest = {
            "match": list(self.match),
            "mirror": self.mirror,
            "affinity": self.affinity,
            "expired": self.expired,
            "managed": list(self.managed),
        }
        return {"primary": self.primary, "canary": self.canary} | {k: v for k, v in rest.items() if v}


ALL_ON_PRIMARY = Traffic()
