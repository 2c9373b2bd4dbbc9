"""What a live object says of a release at a glance, also where the document as a whole would be refused."""

from __future__ import annotations

from dataclasses import dataclass

from automation.core.kinds import Kind, Manifest
from automation.core.spec import Ref

DEFAULT_INTERVAL = 60.0


@dataclass(frozen=True)
class Outline:
    """`apex` is the name of the Service by which users reach it. `target`, `autoscaler` and `source` are what the
    document refers to, None where it doesn't. `interval` is in seconds, the model's default where the document's own
    can't be read. `pace`, `steps` and `limit` are interval, steps and greatest weight as the document writes them, ""
    where it doesn't."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    apex: str
    target: Ref | None
    autoscaler: Ref | None
    source: Ref | None
    interval: float
    pace: str
    steps: str | int
    limit: str | int

    def made(self, thing: Manifest) -> bool:
        """Whether an object of its namespace was generated for it."""
        owners = thing["metadata"].get("ownerReferences") or ()
        return any((owner.get("kind"), owner.get("name")) == (self.kind.kind, self.name) for owner in owners)
