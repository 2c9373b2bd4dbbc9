"""Puts back what somebody else changed, and says so."""

from automation.core import texts
from automation.core.decision import Decision, Event
from automation.core.moves import attempt
from automation.core.situation import Situation
from automation.core.status import Purpose


def repair(at: Situation) -> Decision | None:
    """An update that restores what is in force, None if live objects agree with it."""
    if at.status.in_force is None:
        return None
    said = [*_route(at), *_apex(at), *_primary(at)]
    return attempt(at, Purpose.REPAIR, at.in_force, *said) if said else None


def _route(at: Situation) -> list[Event]:
    live, wanted = at.seen.route, at.in_force
    if wanted.apex == "target":
        return []  # there is no route of ours before primary can answer
    if live and (live.traffic, live.attempt, live.differs) == (wanted.traffic, wanted.attempt, False):
        return []
    who = live.changed_by if live else ""
    return [texts.route_repaired(at.canary, who, live.traffic if live else None, wanted.traffic)]


def _apex(at: Situation) -> list[Event]:
    if at.seen.target is None or at.seen.apex == at.in_force.apex:
        return []
    return [texts.apex_repaired(at.canary, at.in_force.apex)]


def _primary(at: Situation) -> list[Event]:
    primary = at.seen.primary
    if primary is None:
        return [texts.primary_restored(at.canary, "was deleted")]
    if primary.revision != at.in_force.revision:
        return [texts.primary_restored(at.canary, "runs another revision than the one in force")]
    return []
