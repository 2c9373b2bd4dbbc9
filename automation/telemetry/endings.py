"""How a release ended, seen from what its status was before."""

from __future__ import annotations

from enum import StrEnum

from automation.core.status import Phase, Status
from automation.core.transitions import RUNNING


class Ending(StrEnum):
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


def ending_of(before: Status | None, after: Status) -> Ending | None:
    """How the release ended between two ticks of one driver; None where it did not. Whoever starts later does not
    count again what ended before."""
    if before is None or before.phase not in (*RUNNING, Phase.WAITING):
        return None
    endings = {Phase.SUCCEEDED: Ending.PROMOTED, Phase.FAILED: Ending.ROLLED_BACK}
    return endings.get(after.phase)
