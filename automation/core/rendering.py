"""Which placement the program renders: what is in force, or the intent of the attempt that it was handed."""

from automation.core.status import Placement, Status
from automation.core.traffic import ALL_ON_PRIMARY


def placement_to_render(status: Status, attempt: str | None = None, recorded: str = "") -> Placement:
    """What to render for a status and the attempt id that the program was handed (None: by hand).

    An intent counts only for the id of its own attempt, so an update by hand moves no traffic. A Canary of which
    nothing is in force yet keeps its apex on the target; `recorded` is its recorded revision, if there is one.
    """
    if attempt and status.intent and status.intent.placement.attempt == attempt:
        return status.intent.placement
    return status.in_force or Placement("", "target", ALL_ON_PRIMARY, recorded)
