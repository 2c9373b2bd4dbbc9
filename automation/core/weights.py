"""The arithmetic of weights: where the canary's share goes next, and where it ends."""

from automation.core.analysis import Analysis
from automation.core.traffic import Traffic


def limit(analysis: Analysis) -> int:
    """The weight at which a canary that passes its checks is promoted."""
    if analysis.step_weight == 0 and analysis.step_weights:
        return analysis.step_weights[-1]
    return analysis.max_weight


def next_weight(analysis: Analysis, current: int) -> int:
    """The canary's weight after `current`, never above the limit.

    A weight that is not among stepWeights (the list was edited in mid-run) goes to the next lower step.
    """
    if analysis.step_weight == 0 and analysis.step_weights:
        return _next_listed(analysis.step_weights, current)
    return min(current + analysis.step_weight, limit(analysis))


def step_back(analysis: Analysis, traffic: Traffic) -> Traffic:
    """The traffic after one step of traffic back to primary; all at once without stepWeightPromotion."""
    step = analysis.step_weight_promotion or 100
    return Traffic(max(0, traffic.canary - step))


def _next_listed(steps: tuple[int, ...], current: int) -> int:
    if current == 0 or current in steps:
        return next((step for step in steps if step > current), current)
    return max((step for step in steps if step < current), default=steps[0])
