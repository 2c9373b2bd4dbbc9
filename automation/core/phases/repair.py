"""What somebody else changed behind our back, put back and said."""

from automation.core import texts
from automation.core.backoff import pause
from automation.core.decision import Decision, Event
from automation.core.moves import attempt
from automation.core.observation import Mending
from automation.core.phases.capacity import like_before
from automation.core.situation import Situation
from automation.core.status import Purpose


def repair(at: Situation) -> Decision | None:
    """An update, or pods, that restore what is in force; None if live objects agree with it.

    A repair that does not take is tried again after pauses that double from one second, and is said once; meanwhile
    the release goes on as it can.
    """
    wrong = _damage(at)
    if not wrong:
        return like_before(at)
    before = _so_far(at, wrong)
    if before is None:
        return attempt(at, Purpose.REPAIR, at.in_force, *wrong)
    if at.seen.now < before.at + pause(before.tries):
        return None
    return attempt(at, Purpose.REPAIR, at.in_force)


def mended(at: Situation, now: float) -> Mending:
    """What is to be remembered of a repair that ended `now`, whether or not it took."""
    wrong = _damage(at)
    before = _so_far(at, wrong)
    return Mending(_said(wrong), before.tries + 1 if before else 1, now)


def _so_far(at: Situation, wrong: list[Event]) -> Mending | None:
    """Earlier repairs of the same damage; damage that was repaired and came again much later is another."""
    known = at.seen.mending
    if known is None or known.said != _said(wrong):
        return None
    lasting = 2 * max(at.canary.analysis.interval, pause(known.tries))
    return known if at.seen.now <= known.at + lasting else None


def _said(wrong: list[Event]) -> tuple[str, ...]:
    return tuple(event.text for event in wrong)


def _damage(at: Situation) -> list[Event]:
    """Everything that is not as what is in force says, each object once."""
    if at.status.in_force is None:
        return []
    found = {"route": _route(at), "apex": _apex(at), "primary": _primary(at)}
    told = [event for event in found.values() if event is not None]
    drifted = [drift for drift in at.seen.drift if found.get(drift.part) is None]
    return [*told, *(texts.drift_repaired(at.canary, drift) for drift in drifted)]


def _route(at: Situation) -> Event | None:
    live, wanted = at.seen.route, at.in_force
    if wanted.apex == "target":
        return None  # there is no route of ours before primary can answer
    if not at.seen.routable:
        return texts.route_withdrawn(at.canary) if live else None
    if live and (live.traffic, live.attempt, live.differs) == (wanted.traffic, wanted.attempt, False):
        return None
    who = live.changed_by if live else ""
    return texts.route_repaired(at.canary, who, live.traffic if live else None, wanted.traffic)


def _apex(at: Situation) -> Event | None:
    if at.seen.target is None or at.seen.apex == at.in_force.apex:
        return None
    known = next((drift for drift in at.seen.drift if drift.part == "apex"), None)
    if known is not None and known.gone:
        return texts.drift_repaired(at.canary, known)
    return texts.apex_repaired(at.canary, at.in_force.apex, known.by if known else "")


def _primary(at: Situation) -> Event | None:
    primary = at.seen.primary
    if primary is None:
        return texts.primary_restored(at.canary, "was deleted")
    if primary.revision != at.in_force.revision:
        return texts.primary_restored(at.canary, "runs another revision than the one in force")
    return None
