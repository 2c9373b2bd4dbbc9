"""A Rollout with all that its `.status` and its AnalysisRuns tell of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from automation.core.kinds import Manifest
from automation.core.marks import NUMBER, POD_HASH
from automation.core.revision_hash import pod_template_hash
from automation.core.rollout import BlueGreen, Rollout
from automation.core.spec import Canary
from automation.core.status import Phase, Status
from automation.core.stepwise import Stepwise
from automation.core.transitions import RUNNING


@dataclass(frozen=True)
class Standing:
    """A Rollout after a tick at `now` (unix seconds): the live object, what it says, where its release stands, and its
    ReplicaSets. `names` are those of the AnalysisRuns under way, by what each is for; `restarted` is the time of the
    last restart of its pods that is done, as it was asked for."""

    live: Manifest
    document: Rollout
    canary: Canary
    status: Status
    sets: tuple[Manifest, ...]
    now: float
    names: Mapping[str, str] = field(default_factory=dict)
    restarted: str = ""

    @property
    def latest(self) -> str:
        """The revision of the present template."""
        return pod_template_hash(self.live["spec"]["template"])

    @property
    def stable(self) -> str:
        """The revision that serves, "" before any does."""
        return self.status.in_force.revision if self.status.in_force else ""

    @property
    def stepwise(self) -> Stepwise:
        return self.canary.analysis.stepwise or Stepwise(())

    @property
    def run(self) -> bool:
        """Whether the present template is on its way."""
        return self.status.phase in RUNNING and self.status.last_applied_spec == self.latest

    @property
    def aborted(self) -> bool:
        """Whether the present template was given up."""
        failed = self.status.phase is Phase.FAILED or bool(self.status.ending)
        return failed and self.status.last_applied_spec == self.latest != self.stable

    @property
    def is_blue_green(self) -> bool:
        return isinstance(self.document.strategy, BlueGreen)

    def numbered(self, revision: str) -> int:
        """Which revision of the Rollout one is, from 1; 0 where that is not known."""
        marks = (self.of(revision) or {}).get("metadata", {}).get("annotations") or {}
        return int(marks.get(NUMBER, 0))

    def of(self, revision: str) -> Manifest | None:
        found = (one for one in self.sets if one["metadata"].get("labels", {}).get(POD_HASH) == revision)
        return next(found, None)

    def counted(self, revision: str, field: str) -> int:
        """A number of the status of a revision's ReplicaSet; 0 where there is none."""
        return int(((self.of(revision) or {}).get("status") or {}).get(field) or 0)

    def total(self, field: str) -> int:
        return sum(int((one.get("status") or {}).get(field) or 0) for one in self.sets)
