"""The document, the status and the observation of one tick, and what phases ask of them."""

from dataclasses import dataclass, replace

from automation.core.observation import Observation, Workload
from automation.core.readiness import READY, Readiness, readiness
from automation.core.spec import Canary
from automation.core.status import Placement, Status


@dataclass(frozen=True)
class Situation:
    """One tick of one Canary."""

    canary: Canary
    status: Status
    seen: Observation

    @property
    def in_force(self) -> Placement:
        """What is in force. Raises ValueError before initialisation: only phases after it may ask."""
        if self.status.in_force is None:
            raise ValueError(f"nothing is in force for {self.canary.full_name} yet")
        return self.status.in_force

    @property
    def in_force_turned(self) -> bool:
        """Whether the Services have changed their parts."""
        return self.status.in_force is not None and self.status.in_force.turned

    @property
    def unjudged(self) -> bool:
        """Whether the target runs something else than the run judges or has judged, or is gone."""
        return self.seen.target is None or self.seen.target.revision != self.status.last_applied_spec

    def having(self, status: Status) -> "Situation":
        return replace(self, status=status)

    def primary_readiness(self) -> Readiness:
        if self.seen.primary is None:
            return Readiness("waiting", "not found")
        if self.seen.primary.replicas == 0:
            return READY if self._is_asleep else Readiness("waiting", "scaled to zero")
        return self._readiness(self.seen.primary, self.canary.analysis.primary_ready_threshold)

    def canary_readiness(self) -> Readiness:
        if self.seen.target is None:
            return Readiness("stuck", "not found")
        return self._readiness(self.seen.target.workload, self.canary.analysis.canary_ready_threshold)

    @property
    def _is_asleep(self) -> bool:
        """Whether nobody is to be served: as a Rollout says that asks for no pods, or an autoscaler that may take all
        of them."""
        asked = self.seen.target.asked if self.seen.target else None
        return self.seen.scaler.idles or (self.canary.hands_over and asked == 0)

    def _readiness(self, workload: Workload, threshold: int) -> Readiness:
        """A deadline starts again with each change of ours, and with each step: what was broken before is no matter."""
        late, steps = self.seen.now - self.canary.progress_deadline, self.status.steps
        begun = max(self.status.split_since, steps.since if steps else 0.0)
        return readiness(workload, threshold, late if begun < late else float("-inf"))
