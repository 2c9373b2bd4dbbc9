"""Enough pods on the side that takes traffic over.

Where an autoscaler scales primary, its stack declares no number, so a primary that is made starts with one pod.
"""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Announce, Decision, ScalePrimary, ScaleTarget
from automation.core.keeping import Side, towards
from automation.core.observation import Target, Workload
from automation.core.situation import Situation
from automation.core.traffic import Traffic


def possible(at: Situation, goal: int, asked: int) -> int:
    """As many pods as the canary may have by now on its way to `goal`, where those of both sides are limited."""
    shared, tested, stable = at.canary.keeping.shared, at.seen.target, at.seen.primary
    if shared is None or tested is None or stable is None:
        return goal
    return max(1, towards(goal, _side(tested.workload), _side(stable), shared.of(asked)))


def _side(pods: Workload) -> Side:
    return Side(pods.replicas, pods.available)


def unborne(at: Situation) -> int:
    """The percentage of the users that stable pods can't take back by now: none, where all of them have stayed."""
    target, primary = at.seen.target, at.seen.primary
    if not at.canary.keeping.dynamic or target is None or not target.asked:
        return 0
    return max(0, 100 - 100 * (primary.available if primary else 0) // target.asked)


def taken_back(at: Situation) -> Traffic:
    """As much of the traffic on primary as its pods can carry now."""
    traffic = at.status.traffic
    least = min(unborne(at), traffic.weight)
    return replace(traffic.withdrawn(), canary=least)


def like_target(at: Situation, target: Target) -> Decision | None:
    """Gives a primary that is to take over as many pods as the target serves with; None if it has them."""
    most = at.seen.scaler.most
    return _at_least(at, target.workload.replicas if most is None else min(target.workload.replicas, most))


def like_before(at: Situation) -> Decision | None:
    """Gives a primary of which no pod is ready as many as its autoscaler asked for last; None if it has them."""
    if at.seen.primary is None or at.seen.primary.available > 0 or at.seen.scaler.wanted is None:
        return None
    return _at_least(at, at.seen.scaler.wanted)


def like_primary(at: Situation, target: Target) -> tuple[ScaleTarget, ...]:
    """Gives a target at zero, or in the middle of a run, as many pods as primary has."""
    serving = at.seen.primary.replicas if at.seen.primary else 0
    pods = max(1, serving, at.seen.scaler.least or 0)
    return (ScaleTarget(pods),) if target.workload.replicas < pods else ()


def _at_least(at: Situation, pods: int) -> Decision | None:
    primary = at.seen.primary
    if at.canary.autoscaler is None or primary is None or primary.replicas >= pods:
        return None
    said = Announce(texts.primary_scaled(at.canary, pods))
    return Decision(f"primary needs {pods} pods", (ScalePrimary(pods), said))
