"""Whether an attempt is live: what the program renders for it, read back from the live objects.

The generated route carries the attempt's id. It exists only once the apex Service selects primary (before that it would
shadow the user's route with a primary that can't answer yet) and while its source can be copied, so an earlier attempt
is known by what it makes.
"""

from automation.core.observation import Observation
from automation.core.status import Intent, Purpose


def is_live(intent: Intent, seen: Observation) -> bool:
    """True once all that the intent places was seen in the live objects."""
    wanted = intent.placement
    if intent.kind is Purpose.REMOVE:
        return _removed(seen)
    if seen.primary is None or seen.primary.revision != wanted.revision:
        return False
    if seen.target is not None and seen.apex != wanted.apex:  # without a target nobody can tell
        return False
    if wanted.apex == "target":
        return intent.kind is not Purpose.RETIRE or seen.route is None or not seen.route.attempt
    if not seen.routable:
        return seen.route is None
    return seen.route is not None and (seen.route.attempt, seen.route.traffic) == (
        wanted.attempt,
        wanted.traffic,
    )


def _removed(seen: Observation) -> bool:
    """Whether nothing of ours is left. What another driver made carries neither revision nor attempt, and stays."""
    primary, route = seen.primary, seen.route
    return (primary is None or not primary.revision) and (route is None or not route.attempt)
