"""Giving a run up: all traffic on a healthy primary, then the target at zero.

While a run is given up `status.ending` says why, so that a driver that dies in between carries on.
"""

from dataclasses import replace

from automation.core import texts
from automation.core.alerts import error
from automation.core.decision import Decision, Event
from automation.core.evidence import CheckResult
from automation.core.moves import attempt, note, stay
from automation.core.phases.capacity import like_before, taken_back
from automation.core.situation import Situation
from automation.core.status import Phase, Purpose
from automation.core.traffic import Traffic
from automation.core.transitions import JUDGED, enter


def give_up(at: Situation, ending: str, *events: Event, checks: tuple[CheckResult, ...] = ()) -> Decision:
    """End the run as `ending`: Failed, Cancelled or Aborted. Each that fails is an alert, whatever it fails of."""
    if ending == "Failed" and events and not any(event.alert for event in events):
        events = (*events[:-1], replace(events[-1], alert=error(events[-1].text)))
    ended = at.having(replace(at.status, ending=ending, request=None))
    if at.status.phase is Phase.WAITING:
        return _turned_away(ended, *events)
    return carry_on(ended, *events, checks=checks)


def _turned_away(at: Situation, *events: Event) -> Decision:
    """A revision that no run has begun of counts as tried, and nothing has to be taken back."""
    tried = at.seen.target.revision if at.seen.target else at.status.last_applied_spec
    failed = enter(at.canary, at.status, Phase.FAILED, at.seen.now, last_applied_spec=tried)
    return note("no run has begun", replace(failed, ending=""), *events)


def carry_on(at: Situation, *events: Event, checks: tuple[CheckResult, ...] = ()) -> Decision:
    """The next move of a run that is being given up.

    Before promotion primary runs the promoted revision, so traffic goes there at once. Afterwards primary has to be
    put back first, and to be ready again; until then traffic stays where somebody answers.
    """
    if at.status.phase in JUDGED:
        return _taken_back(at, *events, checks=checks)
    wanted = replace(at.in_force, revision=at.status.last_promoted_spec, traffic=_healthy_side(at))
    live = at.seen.primary.revision if at.seen.primary else ""
    if wanted != at.in_force or live != wanted.revision:
        return attempt(at, Purpose.RESTORE, wanted, *events, checks=checks)
    if (scaling := like_before(at)) is not None:
        return scaling
    primary = at.primary_readiness()
    if primary.state != "ready":
        return stay("primary is being put back", *events, texts.primary_not_ready(at.canary, primary.why))
    back = replace(wanted, traffic=at.status.traffic.withdrawn())
    return attempt(at, Purpose.ROLLBACK, back, *events, checks=checks)


def _taken_back(at: Situation, *events: Event, checks: tuple[CheckResult, ...]) -> Decision:
    """Traffic goes to primary, where its pods have made room only as fast as they come back."""
    back = taken_back(at)
    if back.on_primary:
        return attempt(at, Purpose.ROLLBACK, replace(at.in_force, traffic=back), *events, checks=checks)
    if back != at.status.traffic:
        return attempt(at, Purpose.RESTORE, replace(at.in_force, traffic=back), *events, checks=checks)
    coming = "stable pods are coming back"
    return note(coming, at.status, *events) if events else stay(coming)


def _healthy_side(at: Situation) -> Traffic:
    """Primary keeps its share as long as any of its pods answers, and gets all where the canary is not what was judged
    any more. If only the canary answers, it gets all traffic."""
    primary, target = at.seen.primary, at.seen.target
    if primary and primary.available > 0:
        return at.in_force.traffic.withdrawn() if at.unjudged else at.in_force.traffic
    return Traffic(100) if target and target.workload.available > 0 else at.in_force.traffic
