"""What follows checks that have passed: the next step or the promotion, once the gates before it are open."""

from collections.abc import Iterator
from dataclasses import replace

from automation.core import texts
from automation.core.decision import Decision, Event
from automation.core.evidence import CheckResult
from automation.core.gates import Passage, gate, rolls_back, wait_at, without_hooks
from automation.core.moves import attempt, note
from automation.core.pace import counted_now
from automation.core.phases.giving_up import give_up
from automation.core.sessions import kept_apart
from automation.core.situation import Situation
from automation.core.status import Phase, Purpose
from automation.core.strategies.registry import strategy_of
from automation.core.transitions import enter, touched


def let_pass(at: Situation, results: tuple[CheckResult, ...], *events: Event) -> Decision:
    """The next step, or the promotion, once the gates before it are open. Each tick asks them after its checks, so that
    a canary that fails these is rolled back however long a gate stays closed."""
    for kind in _gates(at):
        hooks = gate(at, kind)
        if hooks.question is not None:
            return hooks.question
        results, events = (*results, *hooks.results), (*events, *hooks.events)
        if not hooks.passed:
            return _held(at, kind, events)
    at = at.having(replace(at.status, wait=None))
    if strategy_of(at.canary.analysis).ended(at.canary.analysis, at.status.progress):
        return promote(at, results, *events)
    return _advance(at, results, *events)


def _gates(at: Situation) -> Iterator[str]:
    """The types of hooks that what follows is up to. Where promotion was held, traffic has risen as far as it does."""
    analysis, waits = at.canary.analysis, at.status.phase is Phase.WAITING_PROMOTION
    strategy = strategy_of(analysis)
    if "weights" in strategy.needs(analysis) and not at.status.traffic.mirror and not waits:
        yield "confirm-traffic-increase"
    if strategy.concludes(analysis, at.status.progress):
        yield "confirm-promotion"


def _held(at: Situation, kind: str, events: tuple[Event, ...]) -> Decision:
    """Traffic stays where it is, and checks go on, for as long as the gate may be waited at. A promotion that waits is
    said to once, a step in each tick."""
    if (late := rolls_back(at, kind)) is not None:
        return give_up(at, "Failed", late)
    waits, wait = events[-1].text, wait_at(at, kind)
    status = touched(at.status, at.seen.now, counted_at=counted_now(at), wait=wait)
    if kind == "confirm-promotion" and status.phase is Phase.WAITING_PROMOTION:
        events = ()
    elif kind == "confirm-promotion":
        status = enter(at.canary, status, Phase.WAITING_PROMOTION, at.seen.now)
    return replace(note(f"a {kind} hook is waited for", status, *events), waits=waits)


def _advance(at: Situation, results: tuple[CheckResult, ...], *events: Event) -> Decision:
    """The next step: one that only counts an iteration moves no traffic, and so needs no update."""
    if at.status.phase is Phase.WAITING_PROMOTION:
        at = at.having(enter(at.canary, at.status, Phase.PROGRESSING, at.seen.now))
    following = strategy_of(at.canary.analysis).next(at.canary.analysis, at.status.progress)
    traffic = kept_apart(at.canary.analysis, following.traffic, at.status.traffic, at.seen.fresh_attempt)
    if traffic == at.status.traffic:
        counted = touched(at.status, at.seen.now, iterations=following.iterations, counted_at=counted_now(at))
        said = texts.advanced(at.canary, at.status.progress, following)
        return note("an iteration was counted", counted, *events, said)
    wanted = replace(at.in_force, traffic=traffic)
    return attempt(
        at, Purpose.ADVANCE, wanted, *events, checks=results, iterations=following.iterations or None
    )


def promote_unasked(at: Situation, results: tuple[CheckResult, ...]) -> Decision:
    """A promotion that no hook is asked about: only people may hold it, or have yet to approve it."""
    asked = without_hooks(at, "confirm-promotion") or Passage()
    if not asked.passed:
        return _held(at, "confirm-promotion", asked.events)
    return promote(at, (*results, *asked.results), *asked.events)


def promote(at: Situation, results: tuple[CheckResult, ...], *events: Event) -> Decision:
    """Primary gets the recorded revision that was tested, not whatever the target says by now."""
    wanted = replace(at.in_force, revision=at.status.last_applied_spec)
    return attempt(at, Purpose.PROMOTE, wanted, *events, checks=results)
