"""What somebody else changed behind our back, put back and said."""

from collections.abc import Mapping
from dataclasses import dataclass

from automation.core import texts
from automation.core.backoff import pause
from automation.core.decision import Decision, Event
from automation.core.moves import attempt
from automation.core.observation import Drift, Mending, Repairs
from automation.core.phases.capacity import like_before
from automation.core.situation import Situation
from automation.core.status import Purpose
from automation.core.transitions import RUNNING

AT_ONCE = 10
"""How often in a row an object is put back without a pause: then somebody writes it again and again."""


@dataclass(frozen=True)
class Damage:
    """An object that is not as what is in force says, and what is said of it. `contested` is what is said of it once it
    was put back too often; None where users wait for it (`leads`), or its sources ask for something else."""

    name: str
    told: Event
    contested: Event | None = None
    leads: bool = False


def repair(at: Situation) -> Decision | None:
    """An update, or pods, that restore what is in force; None if live objects agree with it.

    A repair that does not take is tried again after pauses that double from one second, and is said once, when its
    update went through; so is one of an object that somebody changes again and again. Meanwhile the release goes on as
    it can.
    """
    wrong = _damage(at)
    if not wrong:
        return like_before(at)
    before = _so_far(at, wrong)
    if before is not None:
        rested = at.seen.now >= before.at + pause(before.tries)
        untold = () if before.told else _told(at, wrong)
        return attempt(at, Purpose.REPAIR, at.in_force, *untold) if rested else None
    due = [damage for damage in wrong if _is_due(at, damage)]
    return attempt(at, Purpose.REPAIR, at.in_force, *_told(at, due)) if due else None


def mended(at: Situation, now: float, failed: bool) -> Mending | None:
    """What is to be remembered of a repair that ended `now` and did not take. If its update has not `failed`, somebody
    was quicker: that is counted by object, and whatever leads users is put back at once all the same."""
    wrong = _damage(at)
    if not failed and all(damage.leads or damage.contested for damage in wrong):
        return None
    before = _so_far(at, wrong)
    told = not failed or (before is not None and before.told)
    return Mending(_said(wrong), before.tries + 1 if before else 1, now, told)


def repaired(at: Situation, now: float) -> Mapping[str, Repairs]:
    """What is to be remembered, by object, of a repair whose update went through, and of earlier ones."""
    lately = {name: done for name, done in at.seen.repairs.items() if _is_recent(at, done)}
    contested = (damage.name for damage in _damage(at) if damage.contested and _is_due(at, damage))
    return lately | {name: Repairs(_times(at, name) + 1, now) for name in contested}


def _is_due(at: Situation, damage: Damage) -> bool:
    times = _times(at, damage.name)
    if damage.contested is None or times < AT_ONCE:
        return True
    return at.seen.now >= at.seen.repairs[damage.name].at + _rest(times)


def _told(at: Situation, due: list[Damage]) -> list[Event]:
    """What is said of a repair: of an object that somebody changes again and again no more than that, once."""
    said = []
    for damage in due:
        times = _times(at, damage.name)
        if damage.contested is None or times < AT_ONCE:
            said.append(damage.told)
        elif times == AT_ONCE:
            said.append(damage.contested)
    return said


def _times(at: Situation, name: str) -> int:
    """How often in a row an object was put back so far."""
    done = at.seen.repairs.get(name)
    return done.times if done is not None and _is_recent(at, done) else 0


def _is_recent(at: Situation, done: Repairs) -> bool:
    return at.seen.now <= done.at + _lasting(at, _rest(done.times))


def _rest(times: int) -> float:
    """Seconds for which an object is left alone that was put back so often."""
    return pause(max(0, times - AT_ONCE + 1))


def _lasting(at: Situation, rest: float) -> float:
    """Seconds after which what was repaired and is damaged again is another matter."""
    return 2 * max(at.canary.analysis.interval, rest)


def _so_far(at: Situation, wrong: list[Damage]) -> Mending | None:
    """Earlier repairs of the same damage that did not take; damage that comes again much later is another."""
    known = at.seen.mending
    if known is None or known.said != _said(wrong):
        return None
    return known if at.seen.now <= known.at + _lasting(at, pause(known.tries)) else None


def _said(wrong: list[Damage]) -> tuple[str, ...]:
    return tuple(damage.told.text for damage in wrong)


def _damage(at: Situation) -> list[Damage]:
    """Everything that is not as what is in force says, each object once."""
    if at.status.in_force is None:
        return []
    found = {"route": _route(at), "apex": _apex(at), "primary": _primary(at)}
    known = {drift.part: drift for drift in at.seen.drift}
    drifted = [_drifted(at, drift) for drift in at.seen.drift if found.get(drift.part) is None]
    led = [Damage(part, told, leads=True) for part in ("route", "apex") if (told := found[part]) is not None]
    if (told := found["primary"]) is not None:
        name = at.canary.primary_full_name
        by = known["primary"].by if "primary" in known else ""
        led.append(Damage(name, told, texts.contested(name, AT_ONCE, by)))
    return [*led, *drifted]


def _drifted(at: Situation, drift: Drift) -> Damage:
    name = f"{drift.kind} {drift.name}.{at.canary.namespace}"
    told = texts.drift_repaired(at.canary, drift, under_way=at.status.phase in RUNNING)
    if drift.part in ("route", "apex"):
        return Damage(name, told, leads=True)
    if not (drift.gone or drift.by):
        return Damage(name, told)
    return Damage(name, told, texts.contested(name, AT_ONCE, drift.by))


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
