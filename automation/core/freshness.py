"""Which answers are new enough to be judged in this tick, and which ones the tick waits for."""

from automation.core.analysis import MetricCheck
from automation.core.observation import Answer, Measured, NothingMeasured, QueryFailed
from automation.core.situation import Situation


def judgeable(at: Situation, check: MetricCheck, answer: Answer) -> Answer | None:
    """The answer to judge now, None if the tick has to wait for a newer one.

    A value counts once, and not before two samples were taken since the last change of weight. Where nothing is
    measured at the first weight, the hooks of this tick may only now have brought the traffic, so one interval more is
    granted.
    Nobody waits longer than the progress deadline: after it silence counts as nothing measured, which is waited for in
    turn where the document says so.
    """
    match answer:
        case Measured(samples_at=samples_at):
            fresh = samples_at > at.status.judged.get(check.key, 0.0) and samples_at >= _second_sample(at)
            return answer if fresh else _no_sample(at)
        case NothingMeasured() if at.canary.analysis.waits_for_traffic:
            return None
        case NothingMeasured():
            again = at.status.judged.get(check.key, 0.0) + at.seen.scrape_interval
            return None if is_early(at) or at.seen.now < again else answer
        case QueryFailed(away=away):
            return answer if not away or _silence(at) else None


def is_early(at: Situation) -> bool:
    """Whether a change of weight is so young that nothing needs to be measured after it."""
    return at.seen.now < at.status.split_since + _grace(at) + 2 * at.seen.scrape_interval


def _grace(at: Situation) -> float:
    """Seconds for which a canary that has just got its first traffic may have nothing to measure."""
    evidence = at.in_force.evidence
    first = at.status.traffic.on_primary or (evidence is not None and evidence.from_.on_primary)
    return at.canary.analysis.interval if first else 0.0


def judged(at: Situation, check: MetricCheck, answer: Answer) -> dict[str, float]:
    """The time up to which this answer has judged its check; nothing if the answer brought nothing new."""
    match answer:
        case Measured(samples_at=samples_at):
            return {check.key: samples_at}
        case NothingMeasured(detail=detail) if detail != _SILENT:
            return {check.key: at.seen.now}
        case _:
            return {}


_SILENT = "no new samples"


def _second_sample(at: Situation) -> float:
    """If the newest sample is from this time or later, the one before it is newer than the change of weight, too."""
    return at.status.split_since + at.seen.scrape_interval


def _no_sample(at: Situation) -> NothingMeasured | None:
    return None if at.canary.analysis.waits_for_traffic else _silence(at)


def _silence(at: Situation) -> NothingMeasured | None:
    spoke = max((at.status.split_since, *at.status.judged.values()))
    return NothingMeasured(_SILENT) if at.seen.now > spoke + at.canary.progress_deadline else None
