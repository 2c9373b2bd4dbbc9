"""Users leave a canary that is not what its run judged any more, whatever else holds the run up."""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Decision
from automation.core.moves import attempt
from automation.core.situation import Situation
from automation.core.status import Phase, Purpose
from automation.core.transitions import JUDGED


def withdraw(at: Situation) -> Decision | None:
    """All traffic to primary at once; None where no user is on such a canary.

    Primary may still be rolling, but is never scaled down, so it carries everything; only while none of its pods
    answers does traffic stay. A run in Progressing that is not suspended sees to this as it begins anew.
    """
    if not (_is_held_up(at) and at.unjudged) or at.status.traffic.on_primary:
        return None
    if at.seen.primary is None or at.seen.primary.available == 0:
        return None
    wanted = replace(at.in_force, traffic=at.status.traffic.withdrawn())
    return attempt(at, Purpose.RESTART, wanted, texts.withdrawn(at.canary))


def _is_held_up(at: Situation) -> bool:
    """Whether the canary keeps its share for a while without anybody judging it."""
    return at.status.phase is Phase.PROMOTING or (at.canary.suspend and at.status.phase in JUDGED)
