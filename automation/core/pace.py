"""At least one interval between two things that a run counts, however fast its ticks follow each other."""

from dataclasses import replace

from automation.core.decision import Decision
from automation.core.moves import stay
from automation.core.situation import Situation


def rest(at: Situation) -> Decision | None:
    """A tick that comes before its time, or before an interval is over since a failed check, an iteration or a step
    back to primary was counted: it counts nothing, and is repeated then. None for the others.

    Ticks are an interval apart, but one that took longer is followed at once, and what people change is looked at at
    once.
    """
    counted = at.status.counted_at
    over = counted + at.canary.analysis.interval
    if counted > at.seen.now:  # somebody whose clock is ahead counted it: nobody waits for that
        over = 0.0
    over = max(over, at.seen.counts_from)
    return replace(stay("the interval is not over"), again=over) if at.seen.now < over else None


def counted_now(at: Situation) -> float:
    """The time (unix seconds) at which something is counted: not before its questions were answered."""
    return max(at.seen.now, at.seen.answered_at)
