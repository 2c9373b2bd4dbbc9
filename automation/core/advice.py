"""What is said when a run starts about fields that are accepted, but do not do what their author may expect."""

from automation.core.analysis import SUCCESS_RATE
from automation.core.spec import Canary


def advice(canary: Canary) -> list[str]:
    """One sentence for each field that is ignored, or that decides nothing."""
    if canary.skip_analysis:
        return []
    said = [
        f"analysis.{name} is ignored: the release goes by {canary.analysis.strategy}"
        for name in canary.analysis.ignored
    ]
    said += [
        f"Metric {check.name} has no bound and passes whatever it measures: give it thresholdRange.min"
        for check in canary.analysis.checks
        if check.built_in and check.name == SUCCESS_RATE and not check.minimum and check.maximum is None
    ]
    if not canary.analysis.checks and canary.analysis.stepwise is None:
        said.append("Nothing is measured: analysis.metrics is empty, so that only readiness and hooks decide")
    return said
