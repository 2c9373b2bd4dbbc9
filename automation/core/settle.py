"""What follows from an attempt: once it is live, or once it was dropped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from automation.core import texts
from automation.core.decision import Settled
from automation.core.spec import Canary
from automation.core.status import Intent, Phase, Purpose, Status
from automation.core.transitions import enter, touched


@dataclass(frozen=True)
class Veto:
    """A mandatory policy that stopped an update."""

    policy: str
    message: str


def settle(canary: Canary, status: Status, intent: Intent, now: float) -> Settled:
    """The status that follows an intent which was read back live at `now`: it is in force, phase and weight follow."""
    counted = status.iterations if intent.iterations is None else intent.iterations
    traffic = intent.placement.traffic
    live = touched(
        status, now, in_force=intent.placement, intent=None, canary_weight=traffic.weight, iterations=counted
    )
    if live.traffic != status.traffic or intent.kind in _NEW_DEADLINE:
        live = replace(live, split_since=now)
    if counted != status.iterations:
        live = replace(live, steps=live.steps.following(now)) if live.steps else replace(live, counted_at=now)
    if intent.kind is Purpose.ADVANCE:
        return Settled(live, (texts.advanced(canary, status.progress, live.progress),))
    return _FOLLOWS[intent.kind](canary, live, now)


def abandon(canary: Canary, status: Status, refusal: Veto | None = None) -> Settled:
    """Drop an intent that is not live and name the policy that refused it, if one did. The next tick decides again."""
    said = (texts.policy_refused(canary, refusal.policy, refusal.message),) if refusal else ()
    return Settled(replace(status, intent=None), said, again=refusal is None)


def _initialised(canary: Canary, live: Status, now: float) -> Settled:
    return Settled(live)


def _apex(canary: Canary, live: Status, now: float) -> Settled:
    promoted = enter(canary, live, Phase.INITIALIZED, now, last_promoted_spec=live.last_applied_spec)
    return Settled(promoted, (texts.initialized(canary),), scale_target=0)


def _restarted(canary: Canary, live: Status, now: float) -> Settled:
    return Settled(live, again=True)


def _promoting(canary: Canary, live: Status, now: float) -> Settled:
    return Settled(enter(canary, live, Phase.PROMOTING, now), (texts.copying(canary),))


def _returned(canary: Canary, live: Status, now: float) -> Settled:
    if not live.traffic.on_primary:
        return Settled(replace(live, counted_at=now), (texts.returned(canary, live.traffic),))
    said = (
        texts.returned(canary, live.traffic)
        if canary.analysis.step_weight_promotion
        else texts.all_to_primary()
    )
    return Settled(enter(canary, live, Phase.FINALISING, now), (said,))


def _restored(canary: Canary, live: Status, now: float) -> Settled:
    return Settled(live)


def _rolled_back(canary: Canary, live: Status, now: float) -> Settled:
    """A run that was cancelled counts as not having been: its revision may be tried again."""
    applied = live.last_promoted_spec if live.ending == "Cancelled" else live.last_applied_spec
    owed = bool(canary.analysis.hooks("post-rollout"))
    failed = enter(
        canary, live, Phase.FAILED, now, failed_checks=0, last_applied_spec=applied, post_rollout=owed
    )
    said = {"Cancelled": texts.cancelled, "Aborted": texts.aborted}.get(live.ending, texts.rolled_back)
    return Settled(replace(failed, ending=""), (said(canary),), scale_target=0)


def _retired(canary: Canary, live: Status, now: float) -> Settled:
    return Settled(live, (texts.serving_again(canary),), again=True)


def _removed(canary: Canary, live: Status, now: float) -> Settled:
    gone = enter(canary, live, Phase.TERMINATED, now, request=None)
    return Settled(gone, (texts.retired(canary),), again=True)


def _repaired(canary: Canary, live: Status, now: float) -> Settled:
    return Settled(live, again=True)


_NEW_DEADLINE = (Purpose.INITIALISE, Purpose.PROMOTE, Purpose.RESTORE, Purpose.REPAIR)
_FOLLOWS: Mapping[Purpose, Callable[[Canary, Status, float], Settled]] = {
    Purpose.INITIALISE: _initialised,
    Purpose.APEX: _apex,
    Purpose.RESTART: _restarted,
    Purpose.PROMOTE: _promoting,
    Purpose.RETURN: _returned,
    Purpose.RESTORE: _restored,
    Purpose.ROLLBACK: _rolled_back,
    Purpose.REPAIR: _repaired,
    Purpose.RETIRE: _retired,
    Purpose.REMOVE: _removed,
}
