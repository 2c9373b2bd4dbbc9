"""A Canary that another driver brought here: its primary carries the traffic, and nothing of it is recorded.

It is initialised again while the target serves. Users see no difference only if target and primary run the same.
"""

from automation.core import texts
from automation.core.decision import Decision
from automation.core.moves import blocked
from automation.core.phases.initialisation import initialising
from automation.core.situation import Situation
from automation.core.status import Phase
from automation.core.transitions import BEGINNING


def taking_over(at: Situation) -> Decision | None:
    """What to do about a Canary that another driver brought to its phase; None for all others."""
    if at.status.in_force is not None or at.status.phase in BEGINNING:
        return None
    target, primary = at.seen.target, at.seen.primary
    if at.status.phase not in (Phase.INITIALIZED, Phase.SUCCEEDED):
        return blocked("another driver's run", texts.not_at_rest(at.canary, at.status.phase))
    if target and primary and target.workload.image != primary.image:
        return blocked("target and primary differ", texts.not_the_same(at.canary, target.workload, primary))
    return initialising(at)
